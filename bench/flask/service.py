"""The reference of the inference bench: the same contract, written as the field usually writes it.

Flask, Pillow, numpy and onnxruntime in one process; POST /image with a picture as the body answers the detections.

    python service.py --model model.onnx --port 0 --threads 2
"""

import argparse
import io
import logging
import socket

import numpy as np
import onnxruntime
from flask import Flask, jsonify, request
from PIL import Image, ImageOps

SIDE, BINS = 416, 11
MEAN = np.array([103.53, 116.28, 123.675], dtype=np.float32).reshape(3, 1, 1)
SCALE = np.array([57.375, 57.12, 58.395], dtype=np.float32).reshape(3, 1, 1)
LABELS = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,"
    "bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,"
    "skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,"
    "cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,"
    "potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,"
    "refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
).split(",")

app = Flask(__name__)
session = None


def prepare(picture):
    scale = min(SIDE / picture.width, SIDE / picture.height)
    width, height = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    canvas = Image.new("RGB", (SIDE, SIDE), (128, 128, 128))
    canvas.paste(picture.resize((width, height), Image.Resampling.BILINEAR), (left, top))
    pixels = np.asarray(canvas, dtype=np.float32)[:, :, ::-1].transpose(2, 0, 1)
    return ((pixels - MEAN) / SCALE)[np.newaxis], width / picture.width, height / picture.height, left, top


def decode(outputs, threshold=0.5):
    boxes, scores, classes = [], [], []
    for stride in (8, 16, 32):
        columns = SIDE // stride
        pair = [output[0] for output in outputs if output.shape[1] == columns * columns]
        confidence = next(output for output in pair if output.shape[1] == len(LABELS))
        distances = next(output for output in pair if output.shape[1] == 4 * BINS)
        cells, found = np.nonzero(confidence >= threshold)
        logits = distances[cells].reshape(-1, 4, BINS)
        weights = np.exp(logits - logits.max(axis=2, keepdims=True))
        sides = (weights / weights.sum(axis=2, keepdims=True)) @ np.arange(BINS) * stride
        x, y = (cells % columns + 0.5) * stride, (cells // columns + 0.5) * stride
        boxes.append(np.stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], axis=1))
        scores.append(confidence[cells, found])
        classes.append(found)
    return np.concatenate(boxes), np.concatenate(scores), np.concatenate(classes)


def suppress(boxes, scores, classes, limit=0.6):
    kept = []
    for index in np.argsort(-scores):
        rivals = [other for other in kept if classes[other] == classes[index]]
        if all(overlap(boxes[index], boxes[other]) <= limit for other in rivals):
            kept.append(index)
    return kept


def overlap(a, b):
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (areas - width * height)


@app.get("/")
def hello():
    return "Computer Vision module listening"


@app.post("/image")
def image():
    try:
        data = request.files["imageData"].read() if "imageData" in request.files else request.get_data()
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        tensor, horizontal, vertical, left, top = prepare(picture)
        boxes, scores, classes = decode(session.run(None, {session.get_inputs()[0].name: tensor}))
        boxes = (boxes - [left, top, left, top]) / [horizontal, vertical, horizontal, vertical]
        boxes = boxes.clip(0, [picture.width, picture.height, picture.width, picture.height])
        return jsonify(
            [
                {
                    "label": LABELS[classes[index]],
                    "score": round(float(scores[index]), 4),
                    "box": [round(float(side), 2) for side in boxes[index]],
                }
                for index in suppress(boxes, scores, classes)
            ]
        )
    except Exception:
        app.logger.exception("picture refused")
        return "Error processing image", 500


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    session = onnxruntime.InferenceSession(arguments.model, options, providers=["CPUExecutionProvider"])
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    port = arguments.port
    if port == 0:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    app.run(host="127.0.0.1", port=port, threaded=True)
