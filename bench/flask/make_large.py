"""Makes a graph of the size of YOLOv3 (Darknet-53 with three heads, 416 pixels) with random weights.

    python make_large.py large.onnx

Its inputs and outputs are those of the family yolov8; its class scores are so low that it finds nothing.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, CLASSES = 416, 80
random = np.random.default_rng(7)
nodes, weights = [], []


def convolution(source, channels_in, channels_out, kernel, stride=1, activate=True, bias=None, gain=1.0):
    name = f"convolution_{len(nodes)}"
    scale = gain * (2 / (channels_in * kernel * kernel)) ** 0.5
    weight = random.standard_normal((channels_out, channels_in, kernel, kernel), dtype=np.float32) * scale
    bias = np.zeros(channels_out, np.float32) if bias is None else bias
    weights.append(numpy_helper.from_array(weight, f"{name}_weight"))
    weights.append(numpy_helper.from_array(bias, f"{name}_bias"))
    pad = kernel // 2
    attributes = {"kernel_shape": [kernel, kernel], "strides": [stride, stride], "pads": [pad] * 4}
    nodes.append(helper.make_node("Conv", [source, f"{name}_weight", f"{name}_bias"], [name], **attributes))
    if not activate:
        return name
    nodes.append(helper.make_node("LeakyRelu", [name], [f"{name}_active"], alpha=0.1))
    return f"{name}_active"


def residual(source, channels, count):
    for _ in range(count):
        inner = convolution(source, channels, channels // 2, 1)
        # Small, or the sums would grow from layer to layer until every score is 1.
        inner = convolution(inner, channels // 2, channels, 3, gain=0.1)
        name = f"sum_{len(nodes)}"
        nodes.append(helper.make_node("Add", [source, inner], [name]))
        source = name
    return source


def head(source, channels):
    half = channels // 2
    for _ in range(2):
        source = convolution(source, channels, half, 1)
        source = convolution(source, half, channels, 3)
    bias = np.concatenate([np.zeros(4), np.full(CLASSES, -20)]).astype(np.float32)
    name = convolution(source, channels, 4 + CLASSES, 1, activate=False, bias=bias)
    nodes.append(helper.make_node("Reshape", [name, "flat"], [f"{name}_flat"]))
    return f"{name}_flat"


weights.append(numpy_helper.from_array(np.array([1, 4 + CLASSES, -1], np.int64), "flat"))
layer = convolution("images", 3, 32, 3)
heads, channels = [], 32
for blocks in (1, 2, 8, 8, 4):
    layer = convolution(layer, channels, 2 * channels, 3, stride=2)
    channels *= 2
    layer = residual(layer, channels, blocks)
    if channels >= 256:
        heads.append(head(layer, channels))
nodes.append(helper.make_node("Concat", heads, ["raw"], axis=2))
nodes.append(helper.make_node("Sigmoid", ["raw"], ["output0"]))
anchors = sum((SIDE // stride) ** 2 for stride in (8, 16, 32))
graph = helper.make_graph(
    nodes,
    "large",
    [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
    [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 4 + CLASSES, anchors])],
    weights,
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), sys.argv[1])
