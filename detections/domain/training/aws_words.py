"""What AWS's error codes mean for the person who labelled, and what to do.

Codes: Custom Labels Guide, "Debugging a failed model training". For a whole training AWS gives no code but
its own sentence, so those are known by how it begins.
"""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return text


_NOT_OURS = _("The line is not as AWS wants it. This is a fault of the portal: tell who runs it.")
_PICTURE = _("AWS cannot read the picture. Open it in its review; if it is damaged, take its review back.")
_MAY_NOT_READ = _(
    "AWS may not read the bucket of pictures. Allow s3:GetObject and s3:ListBucket, then submit again."
)
_BOX = _("A box does not fit its picture. Open the picture in its review and draw the box again.")

LINE_SENTENCES: Mapping[str, str] = {
    "ERROR_MISSING_SOURCE_REF": _NOT_OURS,
    "ERROR_INVALID_SOURCE_REF_FORMAT": _NOT_OURS,
    "ERROR_NO_LABEL_ATTRIBUTES": _NOT_OURS,
    "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT": _NOT_OURS,
    "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT": _NOT_OURS,
    "ERROR_NO_VALID_LABEL_ATTRIBUTES": _NOT_OURS,
    "ERROR_MISSING_BOUNDING_BOX_CONFIDENCE": _NOT_OURS,
    "ERROR_MISSING_CLASS_MAP_ID": _NOT_OURS,
    "ERROR_INVALID_JSON_LINE": _NOT_OURS,
    "ERROR_UNSUPPORTED_USE_CASE_TYPE": _NOT_OURS,
    "ERROR_INVALID_IMAGE": _PICTURE,
    "ERROR_INVALID_IMAGE_DIMENSION": _(
        "The picture is smaller than 64 or larger than 4096 pixels. Take its review back."
    ),
    "ERROR_INVALID_BOUNDING_BOX": _BOX,
    "ERROR_NO_VALID_ANNOTATIONS": _BOX,
    "ERROR_BOUNDING_BOX_TOO_SMALL": _("A box is a pixel or less. Open the picture and draw it again."),
    "ERROR_TOO_MANY_BOUNDING_BOXES": _("There are more than 50 boxes on the picture. Delete some."),
    "ERROR_INVALID_LABEL_NAME_LENGTH": _("The name of a label is empty or too long. Choose another label."),
    "WARNING_UNANNOTATED_RECORD": _("The picture has no boxes, so nothing is learnt from it."),
    "WARNING_NO_ANNOTATIONS": _("The picture has no boxes, so nothing is learnt from it."),
    "WARNING_NO_ATTRIBUTE_ANNOTATIONS": _("The picture has no boxes, so nothing is learnt from it."),
}

TRAINING_SENTENCES: tuple[tuple[str, str, str], ...] = (
    (
        "ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT",
        "The manifest file extension or contents are invalid",
        _("AWS cannot read the list of pictures. Submit the set again."),
    ),
    (
        "ERROR_EMPTY_MANIFEST",
        "The manifest file is empty",
        _("The list of pictures was empty. Review pictures, then submit again."),
    ),
    (
        "ERROR_MANIFEST_SIZE_TOO_LARGE",
        "The manifest file size exceeds",
        _("The list of pictures is over 1 GB. Take pictures out."),
    ),
    (
        "ERROR_MANIFEST_ROWS_EXCEEDS_MAXIMUM",
        "The manifest file has too many rows",
        _("There are more than 250,000 pictures. Take some out."),
    ),
    (
        "ERROR_CANNOT_WRITE_OUTPUT_S3_BUCKET",
        "Unable to write to output S3 bucket",
        _("AWS may not write to the bucket of pictures. Allow s3:PutObject there, then submit again."),
    ),
    (
        "ERROR_INVALID_PERMISSIONS_MANIFEST_S3_BUCKET",
        "The S3 bucket permissions are incorrect",
        _MAY_NOT_READ,
    ),
    (
        "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST",
        "The manifest file contains too many invalid rows",
        _("More than a fifth of the pictures were refused. Mend those that are listed, then submit again."),
    ),
    (
        "ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS",
        "The manifest file contains images from multiple S3 buckets",
        _("The project's dataset has pictures of another bucket. Delete its datasets in AWS, submit again."),
    ),
    (
        "ERROR_INVALID_PERMISSIONS_IMAGES_S3_BUCKET",
        "The permissions for the images S3 bucket are invalid",
        _MAY_NOT_READ,
    ),
    (
        "ERROR_INVALID_IMAGES_S3_BUCKET_OWNER",
        "Invalid owner id for images S3 bucket",
        _("The bucket of pictures belongs to another AWS account. Pictures and models must have one owner."),
    ),
    (
        "ERROR_INSUFFICIENT_IMAGES_PER_LABEL_FOR_AUTOSPLIT",
        "The manifest file contains insufficient labeled images per label",
        _("Too few pictures for each label to put some aside for the test. Review more."),
    ),
    (
        "ERROR_INSUFFICIENT_IMAGES_PER_LABEL_FOR_DISTRIBUTE",
        "The dataset contains insufficient labeled images",
        _("Too few pictures for each label to put some aside for the test. Review more."),
    ),
    (
        "ERROR_MANIFEST_TOO_FEW_LABELS",
        "The manifest file has too few labels",
        _("There are too few different labels. Review pictures of at least two breads."),
    ),
    (
        "ERROR_MANIFEST_TOO_MANY_LABELS",
        "The manifest file has too many labels",
        _("There are more than 250 different labels. Take some out."),
    ),
    (
        "ERROR_INSUFFICIENT_LABEL_OVERLAP",
        "Less than 50% label overlap",
        _("Half of the test's breads or more are not learnt. Review more pictures of them."),
    ),
    (
        "ERROR_MANIFEST_TOO_FEW_USABLE_LABELS",
        "The manifest file has too few usable labels",
        _("After the refused pictures too few labels are left. Mend those that are listed."),
    ),
    (
        "ERROR_INSUFFICIENT_USABLE_LABEL_OVERLAP",
        "Less than 50% usable label overlap",
        _("After the refused pictures, half of the test's breads or more are not learnt. Mend those listed."),
    ),
    (
        "ERROR_FAILED_IMAGES_S3_COPY",
        "Unable to copy images from S3",
        _("AWS could not copy the pictures. Check that they are still in the bucket, then submit again."),
    ),
    (
        "ERROR_TOO_MANY_RECORDS_IN_ERROR",
        "There are too many records in error",
        _("Too many pictures were refused. Mend those that are listed, then submit again."),
    ),
)


def line_sentence(code: str) -> str:
    """Return what a code of a line means; a code that is new to us stands for itself."""
    return LINE_SENTENCES.get(code, code)


def training_sentence(message: str) -> str:
    """Return what AWS's sentence about a whole training means, or nothing where it is new to us."""
    for code, beginning, sentence in TRAINING_SENTENCES:
        if code in message or beginning.lower() in message.lower():
            return sentence
    return ""
