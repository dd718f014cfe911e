class Unknowable(ValueError):
    pass


def surroundings():
    return ""


def identity(value):
    return repr(value)
