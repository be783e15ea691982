"""`python -m rekognition_local`: see `rekognition_local.cli`."""

import sys

from rekognition_local.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
