"""Eyes: a small detector and a small classifier, trained on this machine without downloaded weights.

Nothing in here knows of requests, ARNs, files of the service or clocks: pixels and boxes in, boxes and scores
out.
"""
