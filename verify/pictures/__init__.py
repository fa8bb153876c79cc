"""Drawing results with matplotlib: the only folder that imports it, loaded when a figure is asked for."""
