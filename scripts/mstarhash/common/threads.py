"""The number of threads that numerical libraries may use in a step."""

import os

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")


def limit(count):
    """Give BLAS, OpenMP and numba `count` threads; call it before numpy is imported."""
    for name in VARIABLES:
        os.environ[name] = str(count)
