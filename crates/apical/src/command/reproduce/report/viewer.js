"use strict";
// Shows the neuron of a report: its voltages over time, as they were simulated and as a network predicts them.
(() => {
  const viewer = document.getElementById("viewer");
  if (!viewer) return;
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const find = (id) => document.getElementById(id);
  const canvases = [find("truth"), find("prediction")];
  const traces = find("traces");
  const [slider, play, speed, source, clock, picked] =
    ["time", "play", "speed", "source", "clock", "picked"].map(find);

  const voltages = data.sources.map(({ voltage }) => {
    const bytes = Uint8Array.from(atob(voltage), (character) => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const count = bytes.length / 2;
    // hundredths of a mV, 16 bits, little endian, a row for each compartment
    return Float32Array.from({ length: count }, (_, k) => view.getInt16(2 * k, true) / 100);
  });
  const at = (which, compartment, time) => voltages[which][compartment * data.times + time];
  const truth = 0;
  let chosen = 1;
  let time = 0;
  let selected = data.soma;
  let playing = false;
  let turn = { yaw: 0, pitch: 0, zoom: 1, x: 0, y: 0 };

  // from rest to the peak of a spike, with more of the scale for what is below threshold
  const RAMP = [[13, 8, 135], [75, 3, 161], [125, 3, 168], [168, 34, 150], [203, 70, 121], [229, 107, 93], [248, 148, 65], [240, 200, 50]];
  const LOW = -85, HIGH = 20;
  const color = (mv) => {
    const share = Math.sqrt(Math.min(Math.max((mv - LOW) / (HIGH - LOW), 0), 1));
    const place = share * (RAMP.length - 1);
    const low = Math.min(Math.floor(place), RAMP.length - 2);
    const mix = RAMP[low].map((v, k) => Math.round(v + (RAMP[low + 1][k] - v) * (place - low)));
    return `rgb(${mix[0]},${mix[1]},${mix[2]})`;
  };

  // µm, around the middle of what is there
  const ends = data.compartments.map((compartment) => compartment.ends);
  const bound = (pick, axis) => pick(...ends.flatMap((pair) => pair.map((point) => point[axis])));
  const middle = [0, 1, 2].map((axis) => 0.5 * (bound(Math.min, axis) + bound(Math.max, axis)));
  const extent = Math.max(...[0, 1].map((axis) => bound(Math.max, axis) - bound(Math.min, axis)), 1);

  const fit = (canvas) => {
    const ratio = window.devicePixelRatio || 1;
    const box = canvas.getBoundingClientRect();
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, box.width, box.height);
    return { context, width: box.width, height: box.height };
  };

  const project = (point, width, height) => {
    const [x, y, z] = point.map((value, axis) => value - middle[axis]);
    const [cosYaw, sinYaw, cosPitch, sinPitch] =
      [Math.cos(turn.yaw), Math.sin(turn.yaw), Math.cos(turn.pitch), Math.sin(turn.pitch)];
    const [across, deep] = [x * cosYaw + z * sinYaw, z * cosYaw - x * sinYaw];
    const up = y * cosPitch - deep * sinPitch;
    const scale = (0.92 * Math.min(width, height) * turn.zoom) / extent;
    return [0.5 * width + turn.x + across * scale, 0.5 * height + turn.y - up * scale, deep * cosPitch + y * sinPitch, scale];
  };

  const drawCell = (canvas, which) => {
    const { context, width, height } = fit(canvas);
    context.lineCap = "round";
    const lines = ends.map(([from, to], k) => ({ k, from: project(from, width, height), to: project(to, width, height) }));
    // what is farther first
    lines.sort((a, b) => a.from[2] + a.to[2] - b.from[2] - b.to[2]);
    for (const { k, from, to } of lines) {
      context.strokeStyle = color(at(which, k, time));
      context.lineWidth = Math.max(data.compartments[k].diameter * from[3], 1.2);
      context.beginPath();
      context.moveTo(from[0], from[1]);
      context.lineTo(to[0], to[1]);
      context.stroke();
    }
    const [from, to] = ends[selected].map((point) => project(point, width, height));
    context.strokeStyle = "#1f2328";
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(0.5 * (from[0] + to[0]), 0.5 * (from[1] + to[1]), 7, 0, 2 * Math.PI);
    context.stroke();
    if (which === truth) drawScale(context, height);
  };

  // what colors mean, in the lower left corner
  const drawScale = (context, height) => {
    const [left, top, across] = [10, height - 34, 120];
    for (let k = 0; k < across; k += 1) {
      context.fillStyle = color(LOW + ((HIGH - LOW) * k) / (across - 1));
      context.fillRect(left + k, top, 1.5, 9);
    }
    context.font = "11px sans-serif";
    context.fillStyle = "#59636e";
    for (const mv of [LOW, -50, HIGH]) {
      const x = left + (across * (mv - LOW)) / (HIGH - LOW);
      context.textAlign = mv === LOW ? "left" : mv === HIGH ? "right" : "center";
      context.fillText(`${mv}`.replace("-", "−") + (mv === HIGH ? " mV" : ""), x, top + 22);
    }
  };

  const drawTraces = () => {
    const { context, width, height } = fit(traces);
    const [left, right, top, bottom] = [46, width - 10, 10, height - 24];
    const rows = [truth, chosen].map((which) => Array.from({ length: data.times }, (_, k) => at(which, selected, k)));
    const low = Math.min(...rows[0], -80) - 2;
    const high = Math.max(...rows[0], -50) + 4;
    const x = (k) => left + ((right - left) * k) / Math.max(data.times - 1, 1);
    const y = (mv) => bottom - ((bottom - top) * (Math.min(Math.max(mv, low), high) - low)) / (high - low);
    context.font = "11px sans-serif";
    context.fillStyle = context.strokeStyle = "#59636e";
    context.lineWidth = 1;
    const step = high - low > 60 ? 20 : high - low > 25 ? 10 : 5;
    for (let mv = Math.ceil(low / step) * step; mv <= high; mv += step) {
      context.strokeStyle = "#e2e2e2";
      context.beginPath();
      context.moveTo(left, y(mv));
      context.lineTo(right, y(mv));
      context.stroke();
      context.textAlign = "right";
      context.fillText(`${mv}`.replace("-", "−"), left - 6, y(mv) + 4);
    }
    context.textAlign = "center";
    const first = Math.ceil(data.firstMs / 100) * 100 - data.firstMs;
    for (let ms = first; ms < data.times; ms += 100) context.fillText(`${data.firstMs + ms} ms`, x(ms), height - 8);
    [[rows[1], "#d55e00", 2.2], [rows[0], "#1f2328", 1]].forEach(([row, stroke, size]) => {
      context.strokeStyle = stroke;
      context.lineWidth = size;
      context.beginPath();
      row.forEach((mv, k) => (k ? context.lineTo(x(k), y(mv)) : context.moveTo(x(k), y(mv))));
      context.stroke();
    });
    context.strokeStyle = "#0072b2";
    context.beginPath();
    context.moveTo(x(time), top);
    context.lineTo(x(time), bottom);
    context.stroke();
  };

  const draw = () => {
    drawCell(canvases[0], truth);
    drawCell(canvases[1], chosen);
    drawTraces();
    slider.value = time;
    clock.textContent = `${data.firstMs + time} ms`;
    const mv = (which) => `${at(which, selected, time).toFixed(1).replace("-", "−")} mV`;
    picked.textContent = `${data.compartments[selected].name}, ${data.compartments[selected].region}: ` +
      `simulated ${mv(truth)}, predicted ${mv(chosen)}`;
    find("prediction-name").textContent = data.sources[chosen].name;
  };

  const advance = () => {
    if (!playing) return;
    time = (time + 1) % data.times;
    draw();
    window.setTimeout(() => window.requestAnimationFrame(advance), 1000 / Number(speed.value));
  };

  play.addEventListener("click", () => {
    playing = !playing;
    play.textContent = playing ? "Pause" : "Play";
    advance();
  });
  slider.max = data.times - 1;
  slider.addEventListener("input", () => { time = Number(slider.value); draw(); });
  data.sources.slice(1).forEach(({ name }, k) => source.add(new Option(name, k + 1)));
  source.addEventListener("change", () => { chosen = Number(source.value); draw(); });
  find("reset").addEventListener("click", () => { turn = { yaw: 0, pitch: 0, zoom: 1, x: 0, y: 0 }; draw(); });

  const nearest = (canvas, event) => {
    const box = canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const away = ends.map(([from, to]) => {
      const [a, b] = [from, to].map((point) => project(point, box.width, box.height));
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
      const along = ((px - a[0]) * dx + (py - a[1]) * dy) / Math.max(dx * dx + dy * dy, 1e-9);
      const share = Math.min(Math.max(along, 0), 1);
      return Math.hypot(a[0] + share * dx - px, a[1] + share * dy - py);
    });
    return away.indexOf(Math.min(...away));
  };

  for (const canvas of canvases) {
    let start = null;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      start = { x: event.clientX, y: event.clientY, turn: { ...turn }, moved: false };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
      start.moved = start.moved || Math.hypot(dx, dy) > 4;
      if (event.shiftKey) turn = { ...turn, x: start.turn.x + dx, y: start.turn.y + dy };
      else turn = { ...turn, yaw: start.turn.yaw + dx / 150, pitch: start.turn.pitch + dy / 150 };
      draw();
    });
    canvas.addEventListener("pointerup", (event) => {
      if (start && !start.moved) { selected = nearest(canvas, event); draw(); }
      start = null;
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      turn = { ...turn, zoom: Math.min(Math.max(turn.zoom * Math.exp(-event.deltaY / 500), 0.5), 20) };
      draw();
    }, { passive: false });
  }
  traces.addEventListener("pointerdown", (event) => {
    const box = traces.getBoundingClientRect();
    const share = (event.clientX - box.left - 46) / Math.max(box.width - 56, 1);
    time = Math.round(Math.min(Math.max(share, 0), 1) * (data.times - 1));
    draw();
  });
  window.addEventListener("resize", draw);
  draw();
  viewer.dataset.ready = "true";
})();
