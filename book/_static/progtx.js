// What the theme leaves out: names for its buttons, and a sign on what scrolls sideways.
(() => {
  const mend = () => {
    for (const summary of document.querySelectorAll("summary:not([aria-label])"))
      if (!summary.textContent.trim()) summary.ariaLabel = "pages of this part";
    for (const list of document.querySelectorAll("div.citation-list")) list.removeAttribute("role");
    for (const picture of document.querySelectorAll("a.image-reference > img"))
      if (parseInt(picture.style.width) > 560) picture.parentElement.classList.add("wide");
  };
  const mark = () => {
    for (const box of document.querySelectorAll(".bd-article table, .bd-article pre, .wide")) {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      box.classList.toggle("scrolls", scrolls);
      if (scrolls) box.tabIndex = 0; // so that keys can scroll it
    }
  };
  addEventListener("DOMContentLoaded", () => { mend(); mark(); });
  addEventListener("load", mark); // pictures and equations have their size now
  addEventListener("resize", mark);
})();
