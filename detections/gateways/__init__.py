"""The rims of the learning loop: Rekognition, picture files, and pixels."""
