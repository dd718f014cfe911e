"""The website, made by Sphinx from the whole folder: `make site`. Its pages load nothing from elsewhere."""

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

import address
import executed

project = "How far should each training step go?"
author = "The authors of the learning rate course"
copyright = "the authors; text and figures CC BY 4.0, code MIT"
html_title = "The learning rate course"

root_doc = "README"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md", "docs/*.md", "docs/**/*.md",
                    "notebooks/*.ipynb"]
exclude_patterns = [".venv", "build", "**/.ipynb_checkpoints"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.viewcode", "pages"]
repository = address.repository()  # without it no page offers to open elsewhere
nitpicky = True

os.environ |= executed.FOR_PAGES
nb_execution_mode = "cache"
nb_execution_cache_path = str(executed.CACHE)
nb_execution_timeout = executed.SECONDS
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "remove"  # progress bars
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]  # no kernel
suppress_warnings = ["mystnb.unknown_mime_type"]  # the frames of figures, which go into files of their own
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"

html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_js_files = ["explorable.js"]
html_show_sourcelink = False
mathjax_path = "mathjax.js"
html_theme_options = {"use_download_button": False, "show_toc_level": 2, "navbar_persistent": []}
if repository:
    html_theme_options |= {"repository_url": f"https://github.com/{repository}", "repository_branch": "main",
                           "use_repository_button": True,
                           "launch_buttons": {"binderhub_url": "https://mybinder.org",
                                              "colab_url": "https://colab.research.google.com",
                                              "notebook_interface": "jupyterlab"}}
