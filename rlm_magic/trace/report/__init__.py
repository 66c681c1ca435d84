"""A finished run as a person reads it: a line, plain text, or HTML without scripts."""

from rlm_magic.trace.report.left import Left, Place
from rlm_magic.trace.report.page import Limits, report_html
from rlm_magic.trace.report.summary import report_text, summary_line

__all__ = ["Left", "Limits", "Place", "report_html", "report_text", "summary_line"]
