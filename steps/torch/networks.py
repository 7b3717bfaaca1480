"""The networks that come along. Their weights are drawn anew: none comes from elsewhere."""
from torch import nn
from torch.nn import functional

class Nirschl(nn.Module):
    """The network of the study (Nirschl et al. 2018, doi:10.1371/journal.pone.0192726, figure 1): 13,554 parameters, made for 64x64."""

    def __init__(self, classes):
        super().__init__()
        layers, channels = [], 3
        for out, kernel, stride in [(16, 3, 1), (16, 2, 2), (16, 3, 1), (16, 3, 2), (16, 3, 1), (16, 4, 2)]:
            layers += [nn.Conv2d(channels, out, kernel, stride), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
            channels = out
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, classes, 5))

    def forward(self, x):
        return self.layers(x).mean((2, 3))


def convolution(into, out, kernel, stride=1, groups=1, activation=nn.ReLU, eps=1e-5, momentum=0.1):
    parts = [
        nn.Conv2d(into, out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out, eps=eps, momentum=momentum),
    ]
    return nn.Sequential(*parts, *([activation(inplace=True)] if activation else []))


class Residual(nn.Module):
    def __init__(self, into, out, stride):
        super().__init__()
        self.body = nn.Sequential(convolution(into, out, 3, stride), convolution(out, out, 3, activation=None))
        self.way = convolution(into, out, 1, stride, activation=None) if stride > 1 or into != out else nn.Identity()

    def forward(self, x):
        return functional.relu(self.body(x) + self.way(x))


def resnet18(classes):
    """He et al. 2016, doi:10.1109/CVPR.2016.90: 11,177,538 parameters for two classes. No weights from elsewhere."""
    layers, channels = [convolution(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)], 64
    for out, stride in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]:
        layers.append(Residual(channels, out, stride))
        channels = out
    net = nn.Sequential(*layers, Average(), nn.Linear(channels, classes))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')
    return net


class Average(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        squeezed = max(8, (channels // 4 + 4) // 8 * 8)
        self.down, self.up = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        scale = self.up(functional.relu(self.down(x.mean((2, 3), keepdim=True))))
        return x * functional.hardsigmoid(scale)


class Inverted(nn.Module):
    def __init__(self, into, kernel, middle, out, squeeze, activation, stride):
        super().__init__()
        norm = {'eps': 0.001, 'momentum': 0.01}
        parts = [convolution(into, middle, 1, activation=activation, **norm)] if middle != into else []
        parts.append(convolution(middle, middle, kernel, stride, middle, activation, **norm))
        parts += [SqueezeExcite(middle)] if squeeze else []
        self.body = nn.Sequential(*parts, convolution(middle, out, 1, activation=None, **norm))
        self.skip = stride == 1 and into == out

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


def mobilenet_v3_small(classes):
    """Howard et al. 2019, doi:10.1109/ICCV.2019.00140, table 2: 1,519,906 parameters for two classes. No weights from elsewhere."""
    relu, swish, norm = nn.ReLU, nn.Hardswish, {'eps': 0.001, 'momentum': 0.01}
    rows = [  # kernel, expanded, out, squeeze and excite, activation, stride
        (3, 16, 16, True, relu, 2),
        (3, 72, 24, False, relu, 2),
        (3, 88, 24, False, relu, 1),
        (5, 96, 40, True, swish, 2),
        (5, 240, 40, True, swish, 1),
        (5, 240, 40, True, swish, 1),
        (5, 120, 48, True, swish, 1),
        (5, 144, 48, True, swish, 1),
        (5, 288, 96, True, swish, 2),
        (5, 576, 96, True, swish, 1),
        (5, 576, 96, True, swish, 1),
    ]
    layers, channels = [convolution(3, 16, 3, 2, activation=swish, **norm)], 16
    for kernel, middle, out, squeeze, activation, stride in rows:
        layers.append(Inverted(channels, kernel, middle, out, squeeze, activation, stride))
        channels = out
    layers += [convolution(channels, 576, 1, activation=swish, **norm), Average()]
    head = [nn.Linear(576, 1024), nn.Hardswish(inplace=True), nn.Dropout(0.2), nn.Linear(1024, classes)]
    net = nn.Sequential(*layers, *head)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode='fan_out')
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 0.01)
            nn.init.zeros_(module.bias)
    return net


NETWORKS = {'nirschl': Nirschl, 'resnet18': resnet18, 'mobilenet_v3_small': mobilenet_v3_small}
