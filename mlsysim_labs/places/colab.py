"""Importing this lets Colab show widgets of others than itself; elsewhere it does nothing."""

from contextlib import suppress

with suppress(ImportError):
    from google.colab import output

    output.enable_custom_widget_manager()
