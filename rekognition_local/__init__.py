"""A control plane of Amazon Rekognition Custom Labels that runs on this machine.

It speaks the real wire protocol, so boto3 and the AWS CLI work against it unchanged.
"""
