"""Reading and judging answers, without a widget: what a grader imports."""
