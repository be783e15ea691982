"""How good a model is, by COCO's rules: pure functions on boxes, exact to the oracles named in the tests."""
