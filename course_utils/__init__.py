"""The helper package of the course on the learning rate; one module a concern, read in this order.

missing      what to type when a package is not installed
data         data sets split into training, validation and test part
landscapes   loss surfaces with value and gradient
optimizers   sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw
schedules    learning rates as pure functions of the step
descent      an optimizer walking down a landscape
models       small networks
memory       freed memory, kept to be used again or handed back to the system
tracing      functions of tensors that run without Python once they are known
stacks       many copies of one network as a single matrix
curvature    the sharpness of a network's loss
training     the training loop, and one network trained by it
chunks       the networks of a sweep in portions: here, in other processes, on disk
sweep        hundreds of networks trained at once, over any grid of hyperparameters and seeds
search       trials bought with epochs, until a budget is spent
capstone     a game: a budget of training steps, and a test set that opens once
strategies   ways to play it
statistics   intervals, paired differences, rules for choosing a rate
robustness   five optimizers on eight problems, at every rate
plots        figures of all of these
explorables  figures that follow their sliders
progress     what a learner has solved, kept on their own machine
exercises    check, hint, solution and quiz
"""

from . import missing as missing

__version__ = "0.1.0"
