"""Event files for TensorBoard, which needs to be installed only where they are looked at.

A file is a row of records: length, checksum of the length, bytes, checksum of the bytes (TFRecord). The bytes are a protocol buffer `Event`:
wall_time = 1, step = 2, file_version = 3, summary = 5, of values with tag = 1 and simple_value = 2 (tensorflow/core/util/event.proto,
framework/summary.proto). Checksums are CRC-32C, rotated and shifted as TFRecord has them.
"""
import struct
import time


def crc_row(n):
    for _ in range(8):
        n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
    return n


CRC = [crc_row(n) for n in range(256)]


def crc32c(content):
    crc = 0xFFFFFFFF
    for byte in content:
        crc = CRC[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked(content):
    crc = crc32c(content)
    return struct.pack('<I', (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(content):
    length = struct.pack('<Q', len(content))
    return length + masked(length) + content + masked(content)


def varint(n):
    made = b''
    while n > 0x7F:
        made, n = made + bytes([n & 0x7F | 0x80]), n >> 7
    return made + bytes([n])


def sized(field, content):
    return bytes([field << 3 | 2]) + varint(len(content)) + content


def event(step, wall, body):
    return record(b'\x09' + struct.pack('<d', wall) + b'\x10' + varint(step) + body)


class Scalars:
    """Written while the training runs: after each epoch all that it told is on the disk."""

    NAMES = ('loss', 'validation_loss', 'image_auc', 'group_auc', 'balanced_accuracy', 'lr', 'images_per_s', 'data_wait')

    def __init__(self, path):
        self.file = open(path, 'wb')
        self.file.write(event(0, time.time(), sized(3, b'brain.Event:2')))

    def add(self, line):
        """A line of the history."""
        values = [sized(1, sized(1, name.encode()) + b'\x15' + struct.pack('<f', line[name])) for name in self.NAMES if line.get(name) is not None]
        self.file.write(event(line['epoch'], time.time(), sized(5, b''.join(values))))
        self.file.flush()
