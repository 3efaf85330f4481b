/* Progressive enhancement: every page works without this file. */
"use strict";
(() => {
    document.documentElement.classList.add("js");

    /* --- the selection of a list: count, select all, shift, across pages ---------------------- */
    const bar = document.querySelector("[data-selection]");
    if (bar) selection(bar);

    function selection(bar) {
        const form = bar.closest("form");
        const boxes = [...form.querySelectorAll("input.action-select")];
        const toggle = form.querySelector("#action-toggle");
        const across = form.querySelector(".select-across");
        const count = bar.querySelector("[data-selection-count]");
        const all = bar.querySelector("[data-selection-all]");
        let last = null;
        let shift = false;

        function show() {
            const chosen = boxes.filter((box) => box.checked).length;
            const full = boxes.length > 0 && chosen === boxes.length;
            if (!full) across.value = "0";
            const everywhere = across.value === "1";
            boxes.forEach((box) => box.closest("tr").classList.toggle("selected", box.checked));
            const number = everywhere ? Number(bar.dataset.total) : chosen;
            count.textContent = number.toLocaleString(document.documentElement.lang);
            bar.classList.toggle("is-open", chosen > 0);
            if (toggle) {
                toggle.checked = full;
                toggle.indeterminate = chosen > 0 && !full;
            }
            if (all) all.hidden = !full || everywhere;
        }

        // Who ticked the first box before this file had come still gets the row of boxes.
        function pick(box) {
            last = last || boxes.find((one) => one.checked && one !== box);
            if (shift && last && last !== box) {
                const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
                boxes.slice(from, to + 1).forEach((one) => { one.checked = box.checked; });
            }
            last = box;
        }

        form.addEventListener("click", (event) => { shift = event.shiftKey; }, true);
        form.addEventListener("change", (event) => {
            if (event.target === toggle) boxes.forEach((box) => { box.checked = toggle.checked; });
            if (boxes.includes(event.target)) pick(event.target);
            show();
        });
        if (all) all.addEventListener("click", () => { across.value = "1"; show(); });
        bar.querySelector("[data-selection-clear]").addEventListener("click", () => {
            boxes.forEach((box) => { box.checked = false; });
            show();
        });
        window.addEventListener("pageshow", show);
        show();
    }

    /* --- menus close when one clicks elsewhere, or on Escape ----------------------------------- */
    function closeMenus(except) {
        document.querySelectorAll("details.menu[open]").forEach((menu) => {
            if (menu !== except) menu.open = false;
        });
    }
    /* One that would leave the window on the right opens to the left. */
    document.addEventListener("toggle", (event) => {
        const menu = event.target;
        if (!menu.matches("details.menu[open]")) return;
        const panel = menu.querySelector(".menu__panel");
        if (panel.getBoundingClientRect().right > document.documentElement.clientWidth) {
            panel.classList.add("menu__panel--end");
        }
    }, true);
    document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        const open = document.querySelector("details.menu[open]");
        if (!open) return;
        open.open = false;
        open.querySelector("summary").focus();
    });

    /* --- "/" leads to the search box ------------------------------------------------------------ */
    document.addEventListener("keydown", (event) => {
        const typing = event.target.matches("input, textarea, select, [contenteditable]");
        const box = document.querySelector("#searchbar, #vacancy-search");
        if (event.key !== "/" || typing || !box || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const folded = box.closest("details");
        if (folded) folded.open = true;
        box.focus();
    });

    /* --- Enter takes the one vacancy that is left ------------------------------------------------ */
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.target.id !== "vacancy-search") return;
        const left = document.querySelectorAll("#vacancies .choice");
        if (left.length !== 1) return;
        event.preventDefault();
        left[0].click();
    });

    /* --- the drawer: whatever htmx puts into it is shown ----------------------------------------- */
    const drawer = document.getElementById("drawer");
    document.addEventListener("htmx:afterSwap", (event) => {
        if (event.target.id === "drawer-body" && drawer && !drawer.open) drawer.showModal();
    });
    if (drawer) drawer.addEventListener("click", (event) => {
        if (event.target === drawer) drawer.close();
    });

    /* --- what matters is in sight: where one is in the menu, the newest days of the chart ------ */
    const here = document.querySelector(".sidebar__groups [aria-current]");
    if (here) here.scrollIntoView({ block: "nearest" });
    document.querySelectorAll(".chart-scroll").forEach((chart) => { chart.scrollLeft = chart.scrollWidth; });

    /* --- whose session has ended meanwhile is sent to the sign-in, not shown it in a corner ------ */
    document.addEventListener("htmx:beforeSwap", (event) => {
        if (!new URL(event.detail.xhr.responseURL).pathname.endsWith("/login/")) return;
        event.preventDefault();
        window.location.reload();
    });

    /* --- what cannot be undone is asked about --------------------------------------------------- */
    document.addEventListener("submit", (event) => {
        const question = event.target.dataset.confirm;
        if (question && !window.confirm(question)) event.preventDefault();
    });

    /* --- a form is sent once --------------------------------------------------------------------- */
    document.addEventListener("submit", (event) => {
        const form = event.target;
        if (event.defaultPrevented || !form.matches("[data-once]")) return;
        if (form.dataset.sent) event.preventDefault();
        form.dataset.sent = "1";
    });
    window.addEventListener("pageshow", () => {
        document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
    });
})();
