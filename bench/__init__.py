"""Programs that measure the figures the documents quote. Each prints ratios or medians of one run."""
