// What the page says about itself: the CSRF token, translated texts, the region that screen readers listen to.

/** Return the token that every change must carry. */
export function csrfToken() {
    return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Return a text of the page's language; `<template id="texts" data-...>` holds them. */
export function text(name) {
    return document.getElementById("texts")?.dataset[name] ?? "";
}

/** Return the address of the icon sprite with the icon's name. */
export function iconAddress(name) {
    return `${document.querySelector('meta[name="icons"]').content}#${name}`;
}

/** Say something to screen readers without moving the focus. */
export function announce(message) {
    const region = document.getElementById("live");
    if (region) region.textContent = message;
}
