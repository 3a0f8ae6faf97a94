/* Draws the chart descriptions of kit/charts.py with ECharts, which loads only on pages that have one. */
(() => {
  "use strict";

  const language = document.documentElement.lang;
  const drawn = new Map();
  let library = null;

  const load = () => {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = document.body.dataset.echarts;
      script.onload = () => resolve(window.echarts);
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  };

  /* Tokens use light-dark(), so only a real element knows the color of the moment. */
  const probe = document.createElement("i");
  const color = (token) => {
    probe.style.color = `var(--v-${token})`;
    return getComputedStyle(probe).color;
  };
  const toneToken = (tone) =>
    ({ action: "link", normal: "good", constrained: "warn", critical: "bad", recovering: "info",
       "staff-green": "good", "staff-amber": "warn", "staff-red": "bad", "staff-unknown": "quiet" })[tone] ?? tone;

  const hatch = (ink, ground) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 8;
    const pen = canvas.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = ink;
    pen.lineWidth = 2;
    pen.beginPath();
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
    }
    pen.stroke();
    return { image: canvas, repeat: "repeat" };
  };

  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const withUnit = (value, unit) => (value == null ? "–" : `${number.format(value)}${unit ? ` ${unit}` : ""}`);

  const fill = (series, tone) => {
    const ink = color(toneToken(tone ?? series.tone));
    if (series.certainty === "assumed") return { color: hatch(ink, color("surface")) };
    if (series.certainty === "simulated") return { color: "transparent", borderColor: ink, borderType: "dashed", borderWidth: 1.5 };
    return { color: ink };
  };

  const base = (chart) => {
    const mute = color("ink-mute");
    const text = { color: mute, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };
    return {
      animation: false,
      textStyle: text,
      // Rich text, because tooltips of HTML would need inline styles and could carry markup from labels.
      tooltip: {
        renderMode: "richText",
        confine: true,
        backgroundColor: color("raised"),
        borderColor: color("line"),
        textStyle: { ...text, color: color("ink") },
      },
      grid: chart.small
        ? { left: 2, right: 2, top: 4, bottom: 4 }
        : { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
    };
  };

  const axes = (chart, isBar) => {
    const line = { lineStyle: { color: color("line") } };
    const label = { color: color("ink-mute"), fontSize: 12, hideOverlap: true };
    return {
      xAxis: { type: "category", data: chart.labels, boundaryGap: isBar, show: !chart.small, axisLine: line, axisTick: { show: false }, axisLabel: label },
      yAxis: {
        type: "value",
        show: !chart.small,
        max: chart.limit ?? undefined,
        interval: chart.limit ? chart.limit / 4 : undefined,
        splitNumber: 4,
        splitLine: line,
        axisLabel: { ...label, formatter: (value) => short.format(value) },
      },
    };
  };

  const markLine = (chart) =>
    chart.marks.length === 0
      ? undefined
      : {
          silent: true,
          symbol: "none",
          lineStyle: { color: color("ink-soft"), type: "solid", width: 1 },
          label: { show: !chart.small, color: color("ink-soft"), position: "insideEndTop", formatter: "{b}" },
          data: chart.marks.map((mark) => ({ name: mark.label, yAxis: mark.value })),
        };

  const axisTooltip = (chart) => ({
    trigger: "axis",
    axisPointer: { type: "line", lineStyle: { color: color("line-strong") } },
    formatter: (points) => {
      const index = points[0].dataIndex;
      const rows = chart.series.map((series) => {
        const band = series.low.length && series.low[index] != null ? ` (${number.format(series.low[index])}–${number.format(series.high[index])})` : "";
        return series.values[index] == null ? null : `${series.name}: ${withUnit(series.values[index], chart.unit)}${band}`;
      });
      return [chart.labels[index], ...rows.filter(Boolean)].join("\n");
    },
  });

  const tileText = (chart, at) => {
    const value = chart.series[0].values[at];
    return [chart.labels[at], value == null ? "–" : short.format(value), chart.tiles[at].note].filter(Boolean).join("\n");
  };

  const parts = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
  /* Perceived lightness, 0 to 100 (CIE L*). */
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => ((part / 255 + 0.055) / 1.055) ** 2.4);
    return 116 * Math.cbrt(0.2126 * red + 0.7152 * green + 0.0722 * blue) - 16;
  };

  /* A cell of a strip shows its own tone, or how much of the row's tone its value is worth. */
  const shade = (series, value, top) => {
    const strength = 0.12 + (0.88 * Math.min(value, top)) / top;
    const paper = parts(color("surface"));
    return parts(color(toneToken(series.tone))).map((part, at) => Math.round(part * strength + paper[at] * (1 - strength)));
  };
  const cellFill = (series, column, value, top) => {
    if (value == null) return { color: hatch(color("line-strong"), color("quiet-ground")) };
    if (series.tones.length) return { color: color(`${toneToken(series.tones[column])}-ground`) };
    return { color: `rgb(${shade(series, value, top).join(" ")})` };
  };
  const cellInk = (series, column, value, top) => {
    if (series.tones.length) return color(`${toneToken(series.tones[column])}-ink`);
    if (value == null) return color("ink");
    // Whichever of the two stands out more from the shade.
    const distance = (token) => Math.abs(light(shade(series, value, top)) - light(parts(color(token))));
    return color(distance("surface") > distance("ink") ? "surface" : "ink");
  };

  const drawings = {
    line(chart) {
      const option = { ...base(chart), ...axes(chart, false) };
      option.tooltip = { ...option.tooltip, ...axisTooltip(chart) };
      option.series = [];
      chart.series.forEach((series, index) => {
        const ink = color(toneToken(series.tone));
        if (series.low.length) {
          const stack = `band-${index}`;
          const quiet = { type: "line", stack, symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false } };
          option.series.push(
            { ...quiet, name: stack, data: series.low },
            { ...quiet, name: stack, data: series.high.map((high, at) => (high == null ? null : high - series.low[at])), areaStyle: { color: ink, opacity: 0.18 } },
          );
        }
        option.series.push({
          type: "line",
          name: series.name,
          data: series.values,
          symbol: "circle",
          symbolSize: 5,
          showSymbol: chart.labels.length < 32 && !chart.small,
          itemStyle: { color: ink },
          lineStyle: { color: ink, width: 2, type: series.certainty === "measured" ? "solid" : "dashed" },
          areaStyle: series.certainty === "assumed" ? { color: hatch(ink, "transparent"), opacity: 0.35 } : undefined,
          markLine: index === 0 ? markLine(chart) : undefined,
        });
      });
      return option;
    },

    bar(chart, stacked = false) {
      const option = { ...base(chart), ...axes(chart, true) };
      option.tooltip = { ...option.tooltip, ...axisTooltip(chart), axisPointer: { type: "shadow", shadowStyle: { color: color("line"), opacity: 0.5 } } };
      option.series = chart.series.map((series, index) => ({
        type: "bar",
        name: series.name,
        data: series.values,
        stack: stacked ? "all" : undefined,
        barMaxWidth: 44,
        barCategoryGap: chart.small ? "20%" : "35%",
        itemStyle: { ...fill(series), ...(stacked && series.certainty !== "simulated" ? { borderColor: color("surface"), borderWidth: 1 } : { borderRadius: [2, 2, 0, 0] }) },
        emphasis: { disabled: true },
        markLine: index === 0 ? markLine(chart) : undefined,
      }));
      return option;
    },

    stacked_bar(chart) {
      return drawings.bar(chart, true);
    },

    heat_strip(chart) {
      const top = chart.limit ?? Math.max(1, ...chart.series.flatMap((series) => series.values.map((value) => value ?? 0)));
      const option = base(chart);
      option.grid = { left: 8, right: 8, top: 4, bottom: 4, containLabel: true };
      const label = { color: color("ink-mute"), fontSize: 12 };
      option.xAxis = { type: "category", data: chart.labels, show: !chart.small, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { ...label, hideOverlap: true } };
      option.yAxis = { type: "category", inverse: true, data: chart.series.map((series) => series.name), axisLine: { show: false }, axisTick: { show: false }, axisLabel: label };
      option.tooltip.formatter = (point) => `${chart.series[point.data.value[1]].name}\n${chart.labels[point.data.value[0]]}: ${withUnit(point.data.known, chart.unit)}`;
      option.series = [
        {
          type: "heatmap",
          emphasis: { disabled: true },
          label: { show: chart.labels.length <= 16 && !chart.small, fontSize: 11, formatter: (cell) => (cell.data.known == null ? "" : short.format(cell.data.known)) },
          data: chart.series.flatMap((series, row) =>
            series.values.map((value, column) => ({
              // The library skips cells without a value; what is unknown is drawn too, hatched.
              value: [column, row, value ?? 0],
              known: value,
              itemStyle: {
                borderColor: color("surface"),
                borderWidth: 2,
                borderRadius: 3,
                ...cellFill(series, column, value, top),
              },
              label: { color: cellInk(series, column, value, top) },
            })),
          ),
        },
      ];
      return option;
    },

    tile_grid(chart) {
      const option = base(chart);
      const spread = (axis) => Array.from({ length: 1 + Math.max(...chart.tiles.map((tile) => tile[axis])) }, (_, at) => at);
      option.grid = { left: 0, right: 0, top: 0, bottom: 0 };
      option.xAxis = { type: "category", data: spread("x"), show: false };
      option.yAxis = { type: "category", data: spread("y"), inverse: true, show: false };
      option.tooltip.formatter = (point) => {
        const tile = chart.tiles[point.dataIndex];
        return [chart.labels[point.dataIndex], withUnit(chart.series[0].values[point.dataIndex], chart.unit), tile.note].filter(Boolean).join("\n");
      };
      option.series = [
        {
          type: "heatmap",
          emphasis: { itemStyle: { borderColor: color("ink") } },
          label: { show: true, color: color("ink"), fontSize: 11, lineHeight: 14, formatter: (point) => tileText(chart, point.dataIndex) },
          data: chart.tiles.map((tile, at) => ({
            value: [tile.x, tile.y, chart.series[0].values[at]],
            itemStyle: { color: color(`${toneToken(tile.tone)}-ground`), borderColor: color("surface"), borderWidth: 3, borderRadius: 6 },
          })),
        },
      ];
      return option;
    },
  };

  const draw = (box, echarts) => {
    const chart = JSON.parse(box.dataset.chart);
    const canvas = drawn.get(box) ?? echarts.init(box, null, { renderer: "canvas" });
    if (!drawn.has(box)) {
      drawn.set(box, canvas);
      canvas.on("finished", () => box.setAttribute("data-ready", ""));
      let size = `${box.clientWidth} ${box.clientHeight}`;
      new ResizeObserver(() => {
        const now = `${box.clientWidth} ${box.clientHeight}`;
        if (now !== size && box.clientWidth > 0) canvas.resize();
        size = now;
      }).observe(box);
      if (chart.kind === "tile_grid") {
        canvas.on("click", (point) => {
          const { href } = chart.tiles[point.dataIndex];
          if (href) window.location.assign(href);
        });
      }
    }
    canvas.setOption(drawings[chart.kind](chart), true);
  };

  const drawAll = async (root) => {
    const boxes = [...root.querySelectorAll("[data-chart]")];
    if (boxes.length === 0) return;
    const echarts = await load();
    document.body.append(probe);
    for (const box of boxes) draw(box, echarts);
    probe.remove();
  };

  const redraw = () => {
    for (const [box, canvas] of drawn) {
      if (box.isConnected) continue;
      canvas.dispose();
      drawn.delete(box);
    }
    drawAll(document);
  };

  drawAll(document);
  document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
  document.addEventListener("v:theme", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  // Paper is light and has a width of its own.
  const redrawFor = (scheme) => {
    document.documentElement.style.colorScheme = scheme;
    document.body.append(probe);
    for (const [box, canvas] of drawn) {
      canvas.resize();
      draw(box, window.echarts);
      canvas.getZr().flush();
    }
    probe.remove();
  };
  window.addEventListener("beforeprint", () => redrawFor("light"));
  window.addEventListener("afterprint", () => redrawFor(""));
})();
