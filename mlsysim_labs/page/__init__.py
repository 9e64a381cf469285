"""The page of a lab: its knobs, the frames of its pictures, its layout, and what runs it in the browser."""
