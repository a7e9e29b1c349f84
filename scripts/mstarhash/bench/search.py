"""Cases of the benchmark on learning and searching: positives, train, encode, retrieve, neighbours, match."""

import warnings

import numpy as np

from mstarhash.bench.data import drawn_codes, first_rows, installed, single
from mstarhash.bench.timing import Case, gemm_speed
from mstarhash.common.parallel import ordered_map
from mstarhash.learn.clustering import birch_groups, birch_threshold, fit_pca, sub_clusters
from mstarhash.search.codes import pack, unpack
from mstarhash.search.matching import binned, gains
from mstarhash.search.model import read_model
from mstarhash.search.pil import Network, random_layer, train_classes
from mstarhash.search.retrieval import count_distances, cuts, nearest_families, select
from mstarhash.spectra.hdf5 import blocks, open_h5, read_columns

NEAREST = "scikit-learn NearestNeighbors, brute, Hamming"
FAISS = "faiss-cpu IndexBinaryFlat"
NAMED = 10  # nearest labelled spectra, as `retrieve` names them


def positives(args):
    """Released spectra to clusters: principal components, BIRCH groups, K-means in each."""
    (x,) = first_rows([args.positives], ("features",), args.released)
    components, groups, parts = args.components, min(args.groups, max(1, len(x) // 5)), args.subclusters
    scores = fit_pca(x, components, args.seed).transform(x.astype("f8"))
    threshold = birch_threshold(scores[:20_000], groups)

    def ours():
        with single():
            found = fit_pca(x, components, args.seed).transform(x.astype("f8"))
            return sub_clusters(found, birch_groups(found, groups, args.seed), parts, args.seed)

    def sklearn(k):
        from sklearn.cluster import Birch, MiniBatchKMeans
        from sklearn.decomposition import PCA

        found = PCA(min(components, k), svd_solver="randomized", random_state=args.seed).fit_transform(
            x[:k].astype("f8")
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            label = Birch(threshold=threshold, n_clusters=min(groups, k)).fit_predict(found)
            for group in np.unique(label):
                mine = found[label == group]
                count = min(parts, max(1, len(mine) // 5))
                MiniBatchKMeans(count, n_init=10, random_state=args.seed).fit_predict(mine)

    return Case(len(x), ours, {"scikit-learn PCA, Birch at our threshold, MiniBatchKMeans": sklearn}, whole=True)


def train(args):
    """Class targets solved in closed form; ours also gives every row its outputs with its family left out."""
    half = args.labelled // 2
    parts = []
    for path in (args.positives, args.negatives):
        with open_h5(path) as source:
            parts.append(read_columns(source, ["features", "group", "family"], slice(half)))
    x = np.concatenate([part["features"] for part in parts])
    groups = np.concatenate([part["group"] for part in parts])
    families = np.concatenate([parts[0]["family"], parts[1]["family"] + parts[0]["family"].max(initial=-1) + 1])
    layers = list(args.layers)
    mean = x.mean(0, dtype="f8").astype("f4")

    def ours():
        with single():
            train_classes(x, groups, families, layers, args.bits, args.ridge, args.seed, args.threads)

    def hidden(k):
        rng, network = np.random.default_rng(args.seed), Network(mean, offset=0.5)
        probe = x[:1024] - mean
        for size in layers:
            network.layers.append(random_layer(rng, probe.shape[1], size, probe))
            probe = Network(np.zeros(probe.shape[1], "f4"), network.layers[-1:], 0.5).hidden(probe)
        return network.hidden(x[:k])

    def ridge(k):
        from sklearn.linear_model import Ridge
        from sklearn.preprocessing import LabelBinarizer

        h = hidden(k)
        target = LabelBinarizer().fit_transform(groups[:k]).astype("f4")
        alpha = args.ridge * float((h[:1024] ** 2).sum(0).mean()) * k / min(k, 1024)
        Ridge(alpha, fit_intercept=False, solver="cholesky").fit(h, target)

    sizes = [x.shape[1], *layers]
    flops = sum(2 * len(x) * a * b for a, b in zip(sizes, sizes[1:], strict=False)) + len(x) * layers[-1] ** 2
    flops += layers[-1] ** 3 / 3
    return Case(
        len(x),
        ours,
        {"scikit-learn Ridge on the same hidden layer (no left-out outputs)": ridge},
        floor=lambda: flops / gemm_speed(),
    )


def encode(args):
    """Features to packed codes."""
    (x,) = first_rows(args.rebinned, ("features",), args.spectra)
    network = read_model(args.trained).network

    def ours():
        def work(rows):
            return pack(network.values(x[rows]) > network.thresholds)

        with single():
            return list(ordered_map(work, blocks(len(x)), args.threads))

    def pipeline(k):
        from scipy.special import expit
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

        def layer(w, b):
            return lambda a: expit(a @ w + b)

        steps = [lambda a: a - network.mean, *(layer(w, b) for w, b in network.layers)]
        if network.beta is not None:
            steps.append(lambda a: ((a - np.float32(network.offset)) @ network.beta - network.centre) @ network.turn)
        steps.append(lambda a: np.packbits(a > network.thresholds, axis=1))
        make_pipeline(*(FunctionTransformer(step) for step in steps)).transform(x[:k])

    flops = 2 * len(x) * sum(w.size for w, _ in network.layers)
    if network.beta is not None:
        flops += 2 * len(x) * (network.beta.size + network.turn.size)
    return Case(
        len(x), ours, {"scikit-learn pipeline of the same matrices": pipeline}, floor=lambda: flops / gemm_speed()
    )


def _codes(args):
    """(codes, queries) as packed words, and the length of a code."""
    model, rng = read_model(args.trained), np.random.default_rng(args.seed)
    (codes,) = first_rows(args.encoded, ("codes",), args.codes)
    queries = model.labelled["codes"][model.queries]
    return drawn_codes(codes, args.codes, rng), drawn_codes(queries, args.queries, rng), model.bits


def _peers(searched, among, bits, count):
    """Exact nearest `count` of `among` for the first k of `searched`, by libraries."""

    def sklearn(k):
        from sklearn.neighbors import NearestNeighbors

        found = NearestNeighbors(n_neighbors=count, algorithm="brute", metric="hamming").fit(unpack(among, bits))
        found.kneighbors(unpack(searched[:k], bits))

    def faiss(k):
        import faiss

        index = faiss.IndexBinaryFlat(64 * among.shape[1])
        index.add(among.view("u1"))
        index.search(searched[:k].view("u1"), count)

    return {NEAREST: sklearn} | ({FAISS: faiss} if installed("faiss") else {})


def retrieve(args):
    """The top share of every query over all codes, and each spectrum's votes; two shards."""
    codes, queries, bits = _codes(args)
    shards = np.array_split(np.arange(len(codes)), max(1, args.threads))

    def ours():
        with single():
            counts = list(ordered_map(lambda r: count_distances(queries, codes[r], bits), shards, args.threads))
            distance, ties = cuts(np.stack(counts), args.share)
            items = list(zip(shards, ties, strict=True))
            return list(ordered_map(lambda i: select(queries, codes[i[0]], distance, i[1]), items, args.threads))

    # peers: the codes of each query, from which votes would be counted
    return Case(len(queries), ours, _peers(queries, codes, bits, int(np.ceil(args.share * len(codes)))))


def neighbours(args):
    """The nearest labelled codes of each code, every labelled spectrum a family of its own."""
    codes, labelled, bits = _codes(args)
    first, own = np.arange(len(labelled)), np.full(len(codes), -1)

    def ours():
        with single():
            return list(
                ordered_map(
                    lambda rows: nearest_families(codes[rows], labelled, first, own[rows], NAMED),
                    blocks(len(codes)),
                    args.threads,
                )
            )

    return Case(len(codes), ours, _peers(codes, labelled, bits, NAMED))


def match(args):
    """Chi-square gain of every average times a response polynomial, in the red arm."""
    flux, ivar = first_rows(args.rebinned, ("flux", "ivar"), args.fits)
    model = read_model(args.trained)
    red = model.averages.red
    flux, ivar = flux[:, red.inside], ivar[:, red.inside]

    def ours():
        def work(rows):
            return gains(flux[rows], ivar[rows], red, model.fitting["prior"])

        with single():
            return list(ordered_map(work, blocks(len(flux), 256), args.threads))

    def lstsq(k):
        f, w = (part.astype("f8") for part in binned(flux[:k], ivar[:k], red.bins))
        root = np.sqrt(w)
        models = np.stack(red.terms, axis=2).astype("f8")  # (t, p, order + 1)
        for row in range(k):
            right = root[row] * f[row]
            for model in models:
                np.linalg.lstsq(model * root[row][:, None], right, rcond=None)

    terms = len(red.terms) + len(red.squares)
    flops = 2 * len(flux) * red.flux.size * terms
    return Case(
        len(flux),
        ours,
        {"numpy.linalg.lstsq, a spectrum and average at a time (no prior)": lstsq},
        floor=lambda: flops / gemm_speed(),
    )
