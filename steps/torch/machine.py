"""Where a network runs, as the words say: device, threads, layout, precision."""
import os

import torch

from models import scores
from words import Fault, first_line


class Machine:
    def __init__(self, options):
        torch.set_num_threads(options['threads'])
        self.device = torch.device(options['device'])
        if self.device.type == 'cuda':
            if not torch.cuda.is_available():
                raise Fault(f'--device {options["device"]}, but torch {torch.__version__} sees no CUDA device here. Give --device cpu, or run where there is one.')
            os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
            torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
            torch.use_deterministic_algorithms(True, warn_only=True)
        self.layout = torch.channels_last if options['layout'] == 'channels-last' else torch.contiguous_format
        self.amp = options['amp']
        self.half = {'none': None, 'bfloat16': torch.bfloat16, 'float16': torch.float16}[self.amp]
        if self.half is torch.float16 and self.device.type == 'cpu':
            raise Fault('--amp float16 needs a CUDA device. On a CPU give --amp bfloat16 or none.')
        if options['compile'] and not hasattr(torch, 'compile'):
            raise Fault(f'--compile needs torch 2 or newer; this is {torch.__version__}. Leave it out.')
        self.compiles = options['compile']

    def net(self, net, patch, classes):
        """The network in its place, once it has shown that it takes such patches, and gives a score for each class."""
        with torch.no_grad():
            try:
                shape = tuple(scores(net.eval()(torch.zeros(2, 3, patch, patch))).shape)
            except (RuntimeError, ValueError, AssertionError) as error:
                raise Fault(f'The model does not take patches of {patch}x{patch}: {first_line(error)} Give another --patch (nirschl: 64 or more).')
            if shape != (2, classes):
                raise Fault(f'The model gives scores of shape {shape} for 2 images of {classes} classes. It should give (2, {classes}): a row an image, a column a class.')
            net = net.to(self.device).to(memory_format=self.layout)
            try:
                with self.cast():
                    if self.half is not None:
                        net(self.images(torch.zeros(2, 3, patch, patch)))
            except (RuntimeError, TypeError) as error:
                if 'out of memory' in str(error):
                    raise
                raise Fault(f'The model does not run in mixed precision, --amp {self.amp}: {first_line(error)} Give --amp none.')
        return net.train()

    def faster(self, net, patch):
        """The network compiled, where that is asked for; what it lacks for that, such as a C++ compiler, is told now."""
        if not self.compiles:
            return net
        made, training = torch.compile(net), net.training
        try:
            with torch.no_grad(), self.cast():
                net.eval()
                made(self.images(torch.zeros(2, 3, patch, patch)))
        except Exception as error:  # torch raises a dozen kinds, by version
            if 'out of memory' in str(error):
                raise
            raise Fault(f'--compile: torch {torch.__version__} cannot compile the model here: {first_line(error)[:200]} Leave --compile out.')
        net.train(training)
        return made

    def images(self, x):
        return x.to(self.device, non_blocking=True).contiguous(memory_format=self.layout if x.dim() == 4 else torch.contiguous_format)

    def cast(self):
        return torch.autocast(self.device.type, self.half or torch.bfloat16, enabled=self.half is not None)

    def scaler(self):
        enabled = self.half is torch.float16
        if hasattr(torch.amp, 'GradScaler'):  # from torch 2.3; the older name is going away
            return torch.amp.GradScaler(self.device.type, enabled=enabled)
        return torch.cuda.amp.GradScaler(enabled=enabled)

    def wait(self):
        if self.device.type == 'cuda':
            torch.cuda.synchronize(self.device)

    def peak(self):
        return torch.cuda.max_memory_allocated(self.device) if self.device.type == 'cuda' else None
