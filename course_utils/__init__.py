"""The helper package of the course on the learning rate; one module a concern, read in this order.

missing      what to type when a package is not installed
torch_names  what the course asks of PyTorch, and what the one here lacks
names        how a setting is named in tables and legends
arrays       lists, tables and tensors made into arrays, or refused in words
examples     examples out of the data sets and loaders of torch
data         data sets split into training, validation and test part
landscapes   loss surfaces with value and gradient
optimizers   sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw; lion, muon, schedule_free, prodigy, averages
schedules    learning rates as pure functions of the step
descent      an optimizer walking down a landscape
models       small networks
engine       how the networks of a sweep are trained; nothing here is taught
training     the training loop, and one network trained by it
sweep        hundreds of networks trained at once, over any grid of hyperparameters and seeds
search       trials bought with epochs, until a budget is spent
curvature    the sharpness of a network's loss, and the edge of a rate
basins       how wide the range of good rates is
claims       what a notebook claims, judged where it is measured
statistics   intervals, paired differences, rules for choosing a rate
plots        figures of all of these
studies      experiments too long for the cells of a notebook, one file for each that has some
shown        sliders and buttons that a cell lets go when it runs again
explorables  figures that follow their sliders
progress     what a learner has solved, kept on their own machine
handed_in    the same as a file for a teacher, and what a class has solved
exercises    check, hint, solution and quiz
"""

from . import missing as missing

__version__ = "0.1.0"
