"""Python imports this when it starts: the kernels and workers that tests start are guarded, too."""

import network_guard

network_guard.install()
