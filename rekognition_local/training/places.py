"""Where training keeps things in the data directory."""

from pathlib import Path


def model_file(data_dir: Path, digest: str) -> Path:
    """The file of a trained model, named by the digest of what it learnt from."""
    return data_dir / "models" / f"{digest}.model"


def job_folder(data_dir: Path, name: str) -> Path:
    """What one training works with, until its outcome is written down."""
    return data_dir / "training" / name
