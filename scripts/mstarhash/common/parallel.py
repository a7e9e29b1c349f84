"""Work on blocks of rows side by side, with results that do not depend on the number of threads."""

from concurrent.futures import ThreadPoolExecutor


def ordered_map(function, items, threads):
    """Yield function(item) in the order of `items`, computed by up to `threads` threads.

    BLAS must run at one thread (threads.limit(1)), so that each item's bits are the same whoever computes it.
    At most 2 * threads results wait at a time.
    """
    if threads <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = []
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= 2 * threads:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
