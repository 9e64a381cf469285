"""The site as it is built: in time, no warning, no link into nowhere, no key, nobody asked, and labs that live."""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import gallery
import pytest
from axe_playwright_python.sync_playwright import Axe
from paths import ROOT

from mlsysim_labs import lab_of
from mlsysim_labs.places.notebooks import notebooks_folder, tagged_cells
from mlsysim_labs.testing import tasks_of

pytestmark = pytest.mark.slow

SLUGS = [file.stem for file in sorted(notebooks_folder().glob("*.ipynb")) if tagged_cells(file)]
LINKS = {"href", "src", "data-src", "action", "poster", "srcset"}
PACKED = "live"  # the folder of pages that hold keys, packed
OF_OTHERS = {"accuracy.html", "write-a-lab.html"}  # numbers of measurements, and of a lab of its own
OUTSIDE = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])(?:https?:)?//""")


class Links(HTMLParser):
    """Names that a page may be entered by, and where its elements lead, each with its tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.found: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.skips = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.skips = tag if tag in ("script", "style") else ""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.names.add(value)
            if name in LINKS and value:
                self.found.append((tag, name, value))

    def handle_endtag(self, tag):
        self.skips = ""

    def handle_data(self, data):
        if not self.skips:
            self.words.append(data)

    @property
    def text(self) -> str:
        """What a person reads, on one line."""
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The site, built once, and what was said."""
    folder = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run([sys.executable, ROOT / "tools" / "gallery.py", folder], capture_output=True, text=True)
    return folder, done


@pytest.fixture(scope="module")
def pages(built):
    """All its pages by name, read."""
    folder = built[0]
    return {file.relative_to(folder).as_posix(): Links(file.read_text(encoding="utf-8"))
            for file in sorted(folder.rglob("*.html"))}


def test_it_is_built_without_a_warning(built):
    folder, done = built
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert f"Begin with {folder / 'index.html'}" in done.stdout


def test_every_lab_has_its_pages(pages):
    for slug in SLUGS:
        assert {f"labs/{slug}.html", f"live/{slug}.html", f"teach/{slug}.html"} <= set(pages)
        assert ("a", "href", f"labs/{slug}.html") in pages["index.html"].found, "one click from the start"


def test_no_link_leads_nowhere(built, pages):
    folder, lost = built[0], []
    for name, page in pages.items():
        for _, _, link in page.found:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (folder / name).parent.joinpath(unquote(parts.path)).resolve() if parts.path else folder / name
            known = pages.get(target.relative_to(folder).as_posix())
            if not target.is_file() or (known and parts.fragment and unquote(parts.fragment) not in known.names):
                lost.append((name, link))
    assert lost == []


def test_it_asks_nobody_but_itself(built, pages):
    """Only what one clicks leads outside."""
    asked = [(name, *found) for name, page in pages.items() for found in page.found
             if found[0] != "a" and re.match(r"(?:https?:)?//", found[2])]
    assert asked == []
    sheets = [*built[0].rglob("*.css"), *built[0].rglob("*.html")]
    assert [file for file in sheets if OUTSIDE.search(file.read_text(encoding="utf-8"))] == []


def items_of(lab):
    return {**lab.questions.predictions, **tasks_of(lab)}.values()


@pytest.mark.parametrize("slug", SLUGS)
def test_no_key_can_be_read_outside_of_a_packed_page(pages, slug):
    """The key as it is written; where labs are spoken of, its number alone is too much."""
    shown = {name: page.text for name, page in pages.items() if not name.startswith(PACKED)}
    for item in items_of(lab_of(slug)):
        key = item.key(None)
        written = re.compile(rf"(?<![\w.,]){re.escape(key)}(?!\w)")
        assert [name for name, text in shown.items() if name not in OF_OTHERS and written.search(text)] == [], key
        number = re.match(r"[\d.,]{3,}", key)
        alone = re.compile(rf"(?<![\d.,]){re.escape(number[0])}(?![\d]|[.,]\d)") if number else written
        near = [name for name in shown if name.startswith(("labs/", "teach", "index", "words"))]
        assert [name for name in near if alone.search(shown[name])] == [], key


@pytest.mark.parametrize("slug", SLUGS)
def test_no_hint_or_derivation_is_in_any_file_but_packed(built, slug):
    files = [file for file in built[0].rglob("*.*") if file.suffix in (".html", ".js", ".txt", ".md")
             and PACKED not in file.parts]
    everything = "\n".join(" ".join(file.read_text(encoding="utf-8").split()) for file in files)
    told = [text for item in items_of(lab_of(slug)) for text in (
        *getattr(item, "hints", ()), getattr(item, "derivation", ""), getattr(item, "means", ""),
        getattr(item, "why", ""), *(mistake.sentence for mistake in getattr(item, "mistakes", ())))]
    pieces = [max(re.split(r"\{[^}]*\}", text), key=len).strip() for text in told]
    assert len([piece for piece in pieces if len(piece) > 15]) > 10
    assert [piece for piece in pieces if len(piece) > 15 and piece in everything] == []


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """A line for each request would be lost among the tests' own."""


@pytest.fixture(scope="module")
def address(built):
    """The site as a server gives it."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=built[0])) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def said(page):
    """What a page says in the console."""
    lines = []
    page.on("console", lambda message: lines.append(message.text))
    page.on("pageerror", lambda problem: lines.append(str(problem)))
    return lines


READY = "document.querySelector('.lab-live')?.contentDocument?.documentElement?.dataset.page === 'ready'"
LIGHT = "document.querySelector('.lab-live').contentDocument.documentElement.dataset.jpThemeLight"


@pytest.mark.browser
def test_one_click_leads_into_a_live_lab_that_wears_the_sites_theme(page, said, address):
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/index.html")
    page.locator(".lab-card-next a").click()
    page.wait_for_function(READY)
    lab = page.frame_locator(".lab-live")
    assert lab.get_by_role("button", name="Lock my guess").count() == 1
    page.wait_for_function(f"{LIGHT} === 'true'")
    tall = "[frame => frame.offsetHeight, frame => frame.contentDocument.body.offsetHeight]"
    assert page.evaluate(f"() => new Set({tall}.map((f) => f(document.querySelector('.lab-live')))).size") == 1
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{LIGHT} === 'false'")
    lab.locator(".lab-predict-field").first.fill("40")  # what is typed outlasts a change of theme
    for _ in range(2):
        page.locator(".theme-toggle:visible").first.click()
    page.wait_for_function(f"{LIGHT} === String(document.body.dataset.theme === 'light')")
    assert lab.locator(".lab-predict-field").first.input_value() == "40"
    line = page.locator(".lab-embed textarea").input_value()
    assert re.fullmatch(rf'<iframe src="{address}/live/03_kv_cache.html" title="[^"]+" [^\n]+></iframe>', line)
    assert [text for text in said if not text.startswith("Changed to")] == []


@pytest.mark.browser
def test_the_line_of_html_embeds_a_lab_elsewhere(page, said, address, tmp_path, built):
    page.goto(f"{address}/labs/01_memory_wall.html")
    (built[0] / "course.html").write_text(
        f"<!doctype html><title>A course</title>{page.locator('.lab-embed textarea').input_value()}")
    page.goto(f"{address}/course.html")
    page.frame_locator("iframe").get_by_role("button", name="Lock my guess").wait_for()
    assert [text for text in said if "favicon" not in text and "404" not in text] == []


@pytest.mark.browser
@pytest.mark.parametrize(("name", "theme"), [
    ("index.html", "light"), ("index.html", "dark"), ("labs/02_two_phases.html", "dark"),
    ("teach/03_kv_cache.html", "light"), ("solver/servingmodelsolve.html", "dark")])
def test_pages_can_be_read_by_everybody_on_a_phone_too(page, said, address, name, theme):
    page.set_viewport_size({"width": 390, "height": 664})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(f"{address}/{name}")
    found = Axe().run(page, context="article", options={"iframes": False}).response["violations"]
    assert [(one["id"], node["html"]) for one in found for node in one["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390, "nothing is cut"
    assert said == []


@pytest.mark.browser
def test_search_finds_a_question_of_the_solver(page, address):
    page.goto(f"{address}/search.html?q=ServingModel")
    page.get_by_role("link", name="ServingModel().solve").first.wait_for()


@pytest.mark.release
def test_links_to_others_lead_somewhere(built, pages, tmp_path):
    """Those of the labs stand on a page of their own, for Sphinx to follow them too."""
    sources = gallery.sources_of(tmp_path / "checked")
    shutil.copytree(gallery.sources_of(built[0]), sources)
    outer = sorted({link for page in pages.values() for tag, _, link in page.found
                    if tag == "a" and link.startswith("http")})
    listed = "\n".join(f"- <{link}>" for link in outer)
    (sources / "links.md").write_text(f"---\norphan: true\n---\n# Links\n\n{listed}\n")
    gallery.build(tmp_path / "checked", "linkcheck")
    lines = [json.loads(line) for line in (tmp_path / "checked" / "output.json").read_text().splitlines()]
    asked = [line for line in lines if line["uri"].startswith("http")]
    broken = {line["uri"]: line["info"] for line in asked if line["status"] in ("broken", "timeout")}
    if len(broken) == len({line["uri"] for line in asked}):
        pytest.skip("no other host can be reached from here")
    assert broken == {}
