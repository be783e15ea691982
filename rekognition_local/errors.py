"""What can go wrong.

ServiceError        an answer in the service's own error format; the client's mistake, or a fault asked for
StartupError        the server cannot begin; the sentence says what to do
ControlError        a control call that makes no sense; answered as HTTP 400 with the sentence
DropConnection      a fault: close the connection without a word
ResponseBug         our own answer does not fit the service model; always a bug of ours
"""

INTERNAL_SERVER_ERROR = "InternalServerError"


class ServiceError(Exception):
    """An error of the service: its modelled name, a sentence, and the HTTP status it travels with."""

    def __init__(self, code: str, message: str, *, http_status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status or (500 if code == INTERNAL_SERVER_ERROR else 400)


class StartupError(Exception):
    """The server cannot start. The message is one sentence for the person at the terminal."""


class ControlError(Exception):
    """A control call was refused. The message says which part of the body is wrong."""


class DropConnection(Exception):
    """Close the connection without answering."""


class ResponseBug(AssertionError):
    """An answer does not fit the output shape of botocore's model."""


def invalid_parameter(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)


def not_found(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message)


def in_use(message: str) -> ServiceError:
    return ServiceError("ResourceInUseException", message)


def limit_exceeded(message: str) -> ServiceError:
    return ServiceError("LimitExceededException", message)


def quota_exceeded(message: str) -> ServiceError:
    return ServiceError("ServiceQuotaExceededException", message)
