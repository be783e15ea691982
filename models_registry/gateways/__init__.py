"""The only door to AWS: boto3 in, our own answers and errors out."""
