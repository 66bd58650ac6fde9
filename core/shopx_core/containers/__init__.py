"""What a dashboard's containers are given, whatever runs them: pods or a compose project. Pure."""
