"""A package, so that what its conftest makes lives as long as the folder is tested."""
