import { drawBoxes } from "./boxes.js";

const pause = 100;
// Without a new detection for so long the latest frame is shown, without boxes.
const boxesLast = 1_500;
const shownMessages = 100;

const byId = (id) => document.getElementById(id);
const canvas = byId("frame");
const context = canvas.getContext("2d");

let device = "";
let seen = 0;
// Per device: the newest message with detections that is not drawn yet, and when one was drawn last.
const waiting = new Map();
let drawnAt = 0;

function detectionsOf(body) {
  const list = Array.isArray(body) ? body : body?.detections;
  return Array.isArray(list) ? list.filter((item) => Array.isArray(item?.box)) : [];
}

function summary(message) {
  const { body, properties } = message;
  if (properties?.type === "spot") return `spot ${body.spot} ${body.event}`;
  const counts = new Map();
  for (const { label } of detectionsOf(body)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => (count > 1 ? `${count} × ${label}` : label)).join(", ") || "message";
}

function onMessage(message) {
  if (detectionsOf(message.body).length > 0) waiting.set(message.deviceId, message.body);
  seen += 1;
  byId("count").textContent = String(seen);
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = message.enqueuedAt.slice(11, 23);
  item.append(time, `${message.moduleId ?? message.deviceId}: ${summary(message)}`);
  const list = byId("messages");
  list.prepend(item);
  while (list.children.length > shownMessages) list.lastElementChild.remove();
}

function onModules(modules) {
  const rows = modules.map((module) => {
    const row = document.createElement("tr");
    const cells = [module.moduleId, module.state, String(module.restarts), module.system ? "" : module.rate.toFixed(1)];
    for (const text of cells) {
      const cell = document.createElement("td");
      cell.textContent = text;
      row.append(cell);
    }
    row.children[1].className = module.state;
    row.title = [module.deviceId, module.image, module.description].filter(Boolean).join("\n");
    return row;
  });
  byId("modules").replaceChildren(...rows);
}

function onConnection({ connected, reason }) {
  const line = byId("connection");
  line.textContent = connected ? "connected to the hub" : (reason ?? "not connected");
  line.className = connected ? "up" : "down";
}

function listen() {
  const feed = new EventSource("feed");
  feed.onopen = () => {
    seen = 0;
    byId("messages").replaceChildren();
  };
  feed.onerror = () => {
    onConnection({ connected: false, reason: "edge-vision does not answer" });
  };
  feed.onmessage = ({ data }) => {
    const item = JSON.parse(data);
    if (item.type === "message") onMessage(item.message);
    else if (item.type === "modules") onModules(item.modules);
    else onConnection(item);
  };
}

function draw(frame, detections) {
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    canvas.width = frame.width;
    canvas.height = frame.height;
  }
  context.drawImage(frame, 0, 0);
  frame.close();
  drawBoxes(context, detections);
  canvas.dataset.boxes = String(detections.length);
  byId("caption").textContent = `${device} · ${canvas.width} × ${canvas.height} · ${detections.length} found`;
}

async function fetchFrame(at) {
  const query = at === undefined ? "" : `?at=${encodeURIComponent(at)}`;
  const response = await window.fetch(`frames/${encodeURIComponent(device)}${query}`);
  return response.ok ? window.createImageBitmap(await response.blob()) : null;
}

/** Draws the frame that the newest detections were found in, or the latest one when nothing is found any more. */
async function refresh() {
  try {
    const body = waiting.get(device);
    waiting.delete(device);
    if (body) {
      // The camera keeps frames for a while only; an older one's boxes would not fit the latest.
      const frame = await fetchFrame(body.at);
      if (frame) {
        draw(frame, detectionsOf(body));
        drawnAt = window.performance.now();
      }
    } else if (window.performance.now() - drawnAt > boxesLast) {
      const frame = await fetchFrame();
      if (frame) draw(frame, []);
      else byId("caption").textContent = `${device}: no frame`;
    }
  } catch {
    byId("caption").textContent = `${device}: no frame`;
  }
  window.setTimeout(refresh, pause);
}

async function start() {
  listen();
  const cameras = await (await window.fetch("cameras")).json();
  if (cameras.length === 0) {
    byId("caption").textContent = "no camera shows a preview (PREVIEW is off)";
    return;
  }
  const select = byId("device");
  for (const id of cameras) select.append(new window.Option(id, id));
  byId("choice").hidden = cameras.length < 2;
  select.onchange = () => {
    device = select.value;
  };
  device = cameras[0];
  await refresh();
}

await start();
