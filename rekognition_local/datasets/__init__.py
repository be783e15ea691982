"""The work behind dataset calls: reading manifests and pictures, splitting."""
