"""The methods, one file each; `verify.optimise.catalogue` finds them by walking this folder."""
