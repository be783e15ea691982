"""What models learn from: pictures with their true boxes, and the file formats that carry them."""
