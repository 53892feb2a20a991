using System.Diagnostics;
using System.Globalization;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// One training run from its options to a saved model: everything that can be wrong is looked for before the first step, every step can be
/// interrupted, and what was
/// interrupted goes on to the same bits.
/// </summary>
public sealed class TrainingRun
{
    private const long ManySteps = 5_000_000;
    private readonly TrainingOptions _options;
    private readonly Device _device;
    private readonly RunOutput _output;
    private readonly CheckpointStore _checkpoints;

    /// <summary>Initializes a new instance of the <see cref="TrainingRun"/> class.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="device">Where to compute; stays the caller's.</param>
    /// <param name="output">Where to show what is done.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public TrainingRun(TrainingOptions options, Device device, ITrainingOutput output)
    {
        _options = options.Validate();
        _device = device;
        _output = new RunOutput(output);
        _checkpoints = new CheckpointStore(options.Out, options.Keep, _output.Warn);
    }

    /// <summary>Runs.</summary>
    /// <param name="cancellation">Ends the run after the step under way, with a checkpoint.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="InvalidDataException">Model, data or checkpoint are not what they should be; the message names file and
    /// sample.</exception>
    /// <exception cref="FileNotFoundException">Pictures or weights are missing.</exception>
    /// <exception cref="InsufficientMemoryException">The run does not fit the device.</exception>
    /// <exception cref="IOException">Something could not be written.</exception>
    /// <exception cref="NotFiniteNumberException">Loss or gradients are no numbers any more; the steps before are saved, unless checkpoints
    /// are off.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before its first step.</exception>
    public TrainingResult Run(CancellationToken cancellation = default)
    {
        DateTimeOffset started = DateTimeOffset.UtcNow;
        using OutputLock? held = _options.DryRun ? null : OutputLock.Take(_options.Out);
        OutputFolder.RefuseSources(_options);
        OutputFolder.RefuseForeignModel(_options, _checkpoints.Steps().Count);
        if (!_options.DryRun)
        {
            AtomicFolder.Recover(_options.Out);
            _checkpoints.Sweep();
        }

        TrainingSetup setup = TrainingSetup.Read(_options, _output.Warn, cancellation);
        foreach (string line in setup.Data.Describe())
        {
            _output.Write(line);
        }

        RunReport report = new(_options, setup, _device, started);
        using ImageWatch images = new(_options, setup, _output);
        images.CheckBefore(_options.Resume != ResumePolicy.Never && _checkpoints.Steps() is [.., long newest] ? newest : 0, cancellation);
        if (setup.Steps > ManySteps)
        {
            _output.Write($"looking for the largest micro-batch of {setup.Steps:N0} steps");
        }

        MemoryPlan plan = MemoryPlan.Make(
            _device, setup.Config, setup.Trained, setup.Data.Samples, setup.NewOrder(), _options.Batch, setup.Steps, cancellation);
        _output.Write($"{_device.Description}: {plan.Describe()}");
        plan.Require(_device);
        using Llava model = Llava.Create(_device, setup.Config, setup.MaxRows);
        model.Parameters.Train(_device, setup.Trained);
        OutputFolder folder = new(_options, setup);
        folder.Require(model.Parameters, _device, _checkpoints.Steps().Count);
        foreach (string warning in setup.LoadWeights(model.Parameters, _device).Warnings)
        {
            _output.Warn(warning);
        }

        folder.RequireFits(model.Parameters, _device);
        foreach (string line in DescribeParts(model.Parameters, setup))
        {
            _output.Write(line);
        }

        foreach (string warning in new LearningOutlook(_options, setup, images.Bad.LeavesOut).Warnings())
        {
            _output.Warn(warning);
        }

        cancellation.ThrowIfCancellationRequested();
        SortedDictionary<string, string> identity = RunIdentity.Of(_options, setup.Steps, setup.MaxRows, setup.Data, setup.Images, model);
        TrainingResult result = Train(setup, model, plan.Activations, identity, images, report, cancellation);
        return result.Interrupted || _options.DryRun ? result : Finish(setup, model, folder, identity, images, report, result);
    }

    private TrainingResult Train(TrainingSetup setup, Llava model, long activationBytes, IReadOnlyDictionary<string, string> identity, ImageWatch images, RunReport report, CancellationToken cancellation)
    {
        using Optimizer optimizer = new(_device, model.Parameters, new OptimizerOptions
        {
            Beta2 = (float)_options.Beta2,
            WeightDecay = (float)_options.WeightDecay,
            MaxGradientNorm = (float)_options.MaxGradientNorm,
        });
        using Arena arena = new(_device, activationBytes, "the activations");
        long first = Resume(model, optimizer, setup.Steps, identity);
        report.FirstStep = first;
        _output.Write($"{setup.Steps - first:N0} of {setup.Steps:N0} steps to make, each of up to {_options.Accumulate} x {_options.Batch} samples");
        if (_options.DryRun)
        {
            string order = _output.Warnings switch { 0 => "everything is in order", 1 => "there is a warning above", int warnings => $"there are {warnings} warnings above" };
            _output.Write($"dry run: {order}; nothing was trained or written");
            return new TrainingResult(false, first, double.NaN, []);
        }

        using StepRunner runner = new(model, optimizer, arena, LearningRateSchedule.FromRatio(setup.Steps, _options.WarmupRatio), _options, setup.Data.Samples);
        string stage = _options.Stage == TrainingStage.Pretrain ? "pretrain" : "finetune";
        string title = $"{Path.GetFileName(Path.GetFullPath(_options.Out))}: training loss, stage {stage}";
        using TrainingMetrics metrics = new(_options.Out, title, first, setup.NewOrder().StepsPerEpoch, _output.Warn);
        using BatchLoader loader = new(
            setup.Data.Samples, setup.NewOrder(), setup.Config, new ImageProcessor(setup.Images), _options.Images ?? string.Empty, _options.Batch, first, setup.Steps, _options.Workers, images.Bad,
            _options.ImageFiles);
        images.Start(first);
        return Loop(setup.Steps, first, runner, loader, metrics, images, step => _checkpoints.Save(step, model, optimizer, identity), cancellation);
    }

    private TrainingResult Loop(
        long steps, long first, StepRunner runner, BatchLoader loader, TrainingMetrics metrics, ImageWatch images, Action<long> save, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        long saved = first;
        double loss = double.NaN;
        _output.Begin(first, steps);
        for (long done = first + 1; done <= steps; done++)
        {
            TimeSpan before = clock.Elapsed;
            StepResult result;
            double rowsPerSecond;
            long made = done - 1;
            try
            {
                result = runner.Run(loader);
                made = done;
                rowsPerSecond = result.Rows / Math.Max((clock.Elapsed - before).TotalSeconds, 1e-9);
                metrics.Append(done, result, rowsPerSecond);
                images.Report(done);
            }
            catch (Exception error) when (error is InvalidDataException or NotFiniteNumberException)
            {
                // Images that cannot be read, or a loss that is NaN or infinite, must not cost the steps that were made; neither has changed
                // the weights.
                if (_options.SaveEvery > 0 && saved < made)
                {
                    save(made);
                }

                images.Report(done, error);
                throw;
            }

            loss = result.Loss;
            _output.Report(new TrainingProgress(done, steps, result, rowsPerSecond, clock.Elapsed / (done - first) * (steps - done)));
            bool stop = cancellation.IsCancellationRequested && done < steps;
            if (stop || (_options.SaveEvery > 0 && (done % _options.SaveEvery == 0 || done == steps)))
            {
                save(done);
                metrics.DrawChart();
                saved = done;
            }

            if (stop)
            {
                images.Summarize();
                _output.Warn($"interrupted after step {done}; {_checkpoints.PathOf(done)} holds it{(_options.Resume == ResumePolicy.Never ? string.Empty : ", and the same command goes on from there")}");
                return new TrainingResult(true, done, loss, []);
            }
        }

        images.Summarize();
        if (steps > first)
        {
            metrics.DrawChart();
            _output.Write(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:F1} s, of which {100 * loader.Waited / clock.Elapsed:F0} % waiting for data"));
        }

        return new TrainingResult(false, steps, loss, []) { LeftOut = images.Bad.Policy == BadImagePolicy.Skip ? images.Bad.Count : 0 };
    }

    private long Resume(Llava model, Optimizer optimizer, long steps, IReadOnlyDictionary<string, string> identity)
    {
        if (_checkpoints.Steps() is not [.., long newest])
        {
            return _options.ResumeFrom is { } missing ? _checkpoints.Find(missing) : 0;
        }

        if (_options.Resume == ResumePolicy.Never)
        {
            if (!_options.DryRun)
            {
                _checkpoints.Clear();
                _output.Warn($"earlier checkpoints in {_options.Out} were deleted, as --resume never asks");
            }

            return 0;
        }

        newest = _options.ResumeFrom is { } chosen ? _checkpoints.Find(chosen) : newest;
        if (newest > steps)
        {
            throw new InvalidDataException($"{_checkpoints.PathOf(newest)} is further than the run's {steps:N0} steps; give more --epochs or --steps, another --out, or --resume never.");
        }

        if (!_checkpoints.Restore(newest, model, optimizer, identity, allowChanges: _options.Resume == ResumePolicy.Changed))
        {
            _output.Warn("the files of some images have other sizes than when the run began");
        }

        _output.Write($"going on from {_checkpoints.PathOf(newest)}");
        return newest;
    }

    private TrainingResult Finish(TrainingSetup setup, Llava model, OutputFolder folder, IReadOnlyDictionary<string, string> identity, ImageWatch images, RunReport report, TrainingResult result)
    {
        _output.Write($"{folder.Save(model.Parameters, _device, stream => report.Write(stream, identity, result))} is in {_options.Out}");

        // The weights that the run began with are read once more and held against the result.
        using ComparingDevice comparing = new(_device);
        setup.LoadWeights(model.Parameters, comparing);
        LearningOutlook outlook = new(_options, setup, images.Bad.LeavesOut);
        List<PartChange> changes = [.. Enum.GetValues<ModelPart>().Select(part => new PartChange(part, setup.Trained.Contains(part), comparing.LargestDifference(model.Parameters, part)))];
        foreach (PartChange change in changes)
        {
            Check(change, outlook.Learns(change.Part));
            string moved = change.Largest == 0 ? "trained, but no weight has changed" : $"weights moved by up to {change.Largest:G3}";
            _output.Write(string.Create(CultureInfo.InvariantCulture, $"{change.Part.InWords()}: {(change.Trained ? moved : "frozen, unchanged to the bit")}"));
        }

        return result with { Changes = changes };
    }

    private static void Check(PartChange change, bool mustChange)
    {
        if (!change.Trained && change.Largest != 0)
        {
            throw new InvalidOperationException($"The {change.Part.InWords()} was frozen, but its weights have changed by up to {change.Largest:G3}: the result is not to be trusted.");
        }

        if (change.Largest == 0 && mustChange)
        {
            throw new InvalidOperationException($"The {change.Part.InWords()} was trained, but none of its weights has changed: the result is not to be trusted.");
        }
    }

    private IEnumerable<string> DescribeParts(ParameterTable parameters, TrainingSetup setup)
    {
        foreach (ModelPart part in Enum.GetValues<ModelPart>())
        {
            string how = setup.Trained.Contains(part) ? $"trained, peak learning rate {_options.PeakRate(part):G3}, decay {_options.WeightDecay:G3}" : "frozen";
            yield return string.Create(CultureInfo.InvariantCulture, $"{part.InWords()}: {parameters.Count(part):N0} weights, {how}");
        }
    }
}
