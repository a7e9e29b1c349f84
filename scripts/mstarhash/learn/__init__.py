"""What the search learns from: clusters, positives, negatives, degraded copies."""
