// Search in pages that are opened from disk, where browsers refuse workers: an iframe
// runs the worker's script instead. Named as the script that it stands in for, which
// the theme would fetch from another host.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.appendChild(frame);
      this.inside = frame.contentWindow;
      this.inside.postMessage = (data) =>
        this.dispatchEvent(new MessageEvent("message", { data }));
      const script = frame.contentDocument.createElement("script");
      script.src = url;
      this.loaded = new Promise((resolve) => (script.onload = resolve));
      frame.contentDocument.body.appendChild(script);
    }
    postMessage(data) {
      const event = () => new MessageEvent("message", { data });
      this.loaded.then(() => this.inside.dispatchEvent(event()));
    }
  };
}
