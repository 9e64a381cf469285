// Says when the rest of this file did not come along, or did not run.
delete document.documentElement.dataset.page; // of an earlier life of this page, when it was saved as a file
addEventListener("DOMContentLoaded", () => {
  if (document.documentElement.dataset.page || document.getElementById("page-end")) return;
  const said = document.createElement("p");
  said.id = "page-says";
  said.setAttribute("role", "alert");
  said.textContent = "This file is not whole: its end is missing, and the lab with it. Get it again.";
  (document.querySelector("main") ?? document.body).prepend(said);
});
