import { drawBoxes } from "./boxes.js";

const frameEvery = 250;
const boxesLast = 2_000;
const shownMessages = 100;

const byId = (id) => document.getElementById(id);
const canvas = byId("frame");
const context = canvas.getContext("2d");

let device = "";
let frame = null;
let seen = 0;
const boxes = new Map();

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
  const detections = detectionsOf(message.body);
  if (detections.length > 0) boxes.set(message.deviceId, { detections, at: window.performance.now() });
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

function draw() {
  if (!frame) return;
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    canvas.width = frame.width;
    canvas.height = frame.height;
  }
  context.drawImage(frame, 0, 0);
  const latest = boxes.get(device);
  const fresh = latest && window.performance.now() - latest.at < boxesLast ? latest.detections : [];
  drawBoxes(context, fresh);
  canvas.dataset.boxes = String(fresh.length);
  byId("caption").textContent = `${device} · ${frame.width} × ${frame.height} · ${fresh.length} found`;
}

async function refresh() {
  try {
    const response = await window.fetch(`frames/${encodeURIComponent(device)}`);
    if (response.ok) {
      const next = await window.createImageBitmap(await response.blob());
      frame?.close();
      frame = next;
    } else {
      byId("caption").textContent = `${device}: no frame (${response.status})`;
    }
    draw();
  } catch {
    byId("caption").textContent = `${device}: no frame`;
  }
  window.setTimeout(refresh, frameEvery);
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
