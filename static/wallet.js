/*
 * Signing with the wallet of the browser (EIP-1193), where there is one. The page works without: whoever has no such
 * wallet, or no script, copies the message and pastes the signature.
 */
"use strict";
(() => {
  const part = (name) => document.querySelector(`[data-wallet="${name}"]`);
  const button = part("button");
  const told = part("told");
  if (!button || !window.ethereum) return;

  const say = (text) => { told.textContent = text; told.hidden = false; };
  const hex = (text) => "0x" + Array.from(new TextEncoder().encode(text), (one) => one.toString(16).padStart(2, "0")).join("");

  async function fill() {
    const accounts = await window.ethereum.request({ method: "eth_requestAccounts" });
    const message = part("message");
    if (!message) { part("address").value = accounts[0]; return; }
    const wanted = button.dataset.address;
    if (!accounts.some((one) => one.toLowerCase() === wanted.toLowerCase())) { say(button.dataset.other); return; }
    // The text that was given out, not what a form field made of its line ends.
    part("signature").value = await window.ethereum.request({
      method: "personal_sign", params: [hex(message.defaultValue.replace(/\r\n/g, "\n").trim()), wanted],
    });
  }

  button.hidden = false;
  button.addEventListener("click", () => { fill().catch((refused) => say(refused.message || String(refused))); });
})();
