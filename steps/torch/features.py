"""Frozen networks: what stands below the head is computed once for each image and kept in memory, and the head is trained on that."""
import numpy as np
import torch

from augmentation import drawn, in_batches
from judging import patches, spots


class Features:
    """What the head is given for each patch of each image, from its fixed spots and unchanged: (images, spots, ...)."""

    def __init__(self, net, head, machine, images, own, options):
        self.images, self.own, self.values = images, own, None
        count = len(spots(images, options)[1])
        given, seen = [], {}
        hook = head.layer.register_forward_pre_hook(lambda layer, inputs: given.append(inputs[0].float().cpu()))
        net.eval()
        with torch.no_grad():
            for block, x in patches(machine, images, own, options):
                with machine.cast():
                    net(x)
                made = given.pop()
                if self.values is None:
                    self.values = torch.empty(len(own), count, *made.shape[1:])
                spot = seen[block.start] = seen.get(block.start, -1) + 1
                self.values[block, spot] = made
        hook.remove()
        net.train()

    def predict(self, head, machine):
        """Probability of each class for each image, as `judging.predict` has it from the pixels."""
        head.eval()
        total, spots = 0, self.values.shape[1]
        with torch.no_grad():
            for spot in range(spots):
                with machine.cast():
                    scores = head(self.values[:, spot].to(machine.device))
                total = total + torch.softmax(scores.float(), 1).double().cpu().numpy()
        head.train()
        return total / spots


class FeatureEpoch:
    """As `Epoch`, of features: each image as often, each time from one of its spots, drawn before the epoch begins."""

    def __init__(self, features, options, epoch):
        random = np.random.Generator(np.random.PCG64([options['seed'], epoch]))
        self.rows, self.batches = in_batches(drawn(random, features.images, features.own, options), options['batch'])
        self.values, self.places = features.values, np.searchsorted(features.own, self.rows)
        self.spots = random.integers(0, features.values.shape[1], len(self.rows))
        self.labels = features.images.labels(self.rows)

    def batch(self, number):
        own = slice(number * len(self.rows) // self.batches, (number + 1) * len(self.rows) // self.batches)
        return self.values[self.places[own], self.spots[own]], torch.from_numpy(self.labels[own])
