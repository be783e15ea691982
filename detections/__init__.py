"""Detection log, API for registers, gallery and review: the learning loop. Empty until the first photo."""
