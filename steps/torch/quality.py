"""Scores of the validation part after an epoch: what is shown, and what early stopping goes by. The test is never looked at here."""
import collections

import numpy as np


def loss_of(probability, label):
    """Mean log loss: the negative logarithm of the probability of the right class."""
    return float(-np.log(np.clip(probability[np.arange(len(label)), label], 1e-15, 1)).mean())


def binary_auc(score, positive):
    """Area under the ROC curve by ranks (Mann and Whitney), ties counted half; None where a class is missing."""
    count = int(positive.sum())
    if count in (0, len(positive)):
        return None
    _, inverse, times = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(times) - (times - 1) / 2)[inverse]
    return float((rank[positive].sum() - count * (count + 1) / 2) / (count * (len(positive) - count)))


def auc(probability, label):
    """Of class 1 where there are two; else the mean of one class against the rest, over the classes; None where one is missing."""
    classes = [1] if probability.shape[1] == 2 else range(probability.shape[1])
    each = [binary_auc(probability[:, n], label == n) for n in classes]
    return None if None in each else float(np.mean(each))


def balanced_accuracy(probability, label):
    """Mean over the classes of the share of their images that are told right; None where a class is missing."""
    right = probability.argmax(1) == label
    each = [right[label == n].mean() if (label == n).any() else None for n in range(probability.shape[1])]
    return None if None in each else float(np.mean(each))


def by_group(groups, probability, label):
    """Mean probabilities and label of each group; None where a group has images of two classes, and no class of its own."""
    rows = collections.OrderedDict()
    for n, group in enumerate(groups):
        rows.setdefault(group, []).append(n)
    if any(len(set(label[own])) > 1 for own in rows.values()):
        return None
    return np.array([probability[own].mean(0) for own in rows.values()]), np.array([label[own[0]] for own in rows.values()])


def quality(images, own, probability):
    label = images.labels(own)
    grouped = by_group([images.rows[n].group for n in own], probability, label)
    return {
        'validation_loss': loss_of(probability, label),
        'image_auc': auc(probability, label),
        'group_auc': auc(*grouped) if grouped else None,
        'balanced_accuracy': balanced_accuracy(probability, label),
    }
