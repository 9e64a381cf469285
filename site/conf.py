"""How Sphinx builds the site from what `tools/gallery.py` puts together."""

import mlsysim_labs

project = "mlsysim-labs"
html_title = "MLSys labs"
version = release = mlsysim_labs.__version__
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_theme_options = {"dark_css_variables": {"color-background-primary": "#14171b"}}  # the paper of a lab's page
html_favicon = "_static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["cards.css", "site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_extra_path = ["_extra"]  # the labs as pages of their own
html_copy_source = False
html_show_copyright = False
html_use_index = False
html_permalinks_icon = "#"
