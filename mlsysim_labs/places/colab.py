"""Colab shows widgets of others than itself when it is asked to."""

from contextlib import suppress


def enable_widgets() -> None:
    """Let Colab show the labs' widgets; elsewhere there is nothing to do."""
    with suppress(ImportError):
        from google.colab import output

        output.enable_custom_widget_manager()
