using System.Diagnostics;
using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Trainer.Quickstart;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Ablations;

/// <summary>
/// The paper's ablations on a small scale: every variant is trained and asked with several seeds, which choose data, order, a new
/// projector's weights and questions. What was interrupted goes on where it was, to the same figures.
/// </summary>
internal sealed class AblationRun
{
    private const int SaveEvery = 100;
    private readonly AblationOptions _options;
    private readonly Device _device;
    private readonly TextWriter _output;
    private readonly Func<string, ITrainingOutput> _stageOutput;

    /// <summary>Initializes a new instance of the <see cref="AblationRun"/> class.</summary>
    /// <param name="options">How large.</param>
    /// <param name="device">Where to compute; stays the caller's.</param>
    /// <param name="output">Receives what is done.</param>
    /// <param name="stageOutput">Makes what shows a stage of the given name; disposed after it where it can be.</param>
    internal AblationRun(AblationOptions options, Device device, TextWriter output, Func<string, ITrainingOutput> stageOutput)
    {
        _options = options;
        _device = device;
        _output = output;
        _stageOutput = stageOutput;
    }

    private string Bases => At("base");

    private IEnumerable<int> Seeds => Enumerable.Range(_options.FirstSeed, _options.Seeds);

    /// <summary>Runs.</summary>
    /// <param name="cancellation">Stops after the step under way.</param>
    /// <returns>The rows of the table.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; what was made stays, and the next run goes on with it.</exception>
    internal IReadOnlyList<AblationRow> Run(CancellationToken cancellation)
    {
        using OutputLock held = OutputLock.Take(_options.Out);
        Stopwatch clock = Stopwatch.StartNew();
        AblationState state = Begin();
        double before = state.Seconds;
        try
        {
            Part(state, "bases", () => AblationBases.Make(_device, Bases, _options.BaseSteps, ReportBase, cancellation));
            foreach (int seed in Seeds)
            {
                Run(state, seed, cancellation);
            }
        }
        finally
        {
            state.Seconds = Math.Round(before + clock.Elapsed.TotalSeconds, 1);
            state.Write(_options.Out);
        }

        IReadOnlyList<AblationRow> rows = AblationRow.Of(AblationVariant.All, [.. state.Results.Where(result => Seeds.Contains(result.Seed))]);
        AblationReport.Write(_options.Out, rows, _options, state.Seconds, _device.Description);
        return rows;
    }

    private void Run(AblationState state, int seed, CancellationToken cancellation)
    {
        string captions = At("captions", seed);
        string problems = At("problems", seed);
        Part(state, $"captions {seed}", () => QuickstartData.Write(captions, _options.Captions, seed, cancellation));
        Part(state, $"problems {seed}", () => MadeUpProblems.Write(problems, _options.Problems, seed));
        List<MadeUpProblem> questions = MadeUpProblems.Draw(seed + 1, _options.Questions, heldOut: true);
        foreach (AblationVariant variant in AblationVariant.All)
        {
            AblationResult? result = state.Find(variant, seed);
            if (result is null)
            {
                string? projector = variant.Stage1 ? Pretrain(state, variant.Base, captions, seed, cancellation) : null;
                string model = At(variant.Name, seed);
                Train(Finetune(variant, projector, problems, model, seed), $"{variant.Title}, seed {seed}", cancellation);
                using LlavaModel loaded = LlavaModel.Load(model, _device);
                result = AblationEvaluation.Ask(loaded, variant.Name, seed, questions, cancellation);
                state.Results.Add(result);
                state.Write(_options.Out);
            }

            _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}  {variant.Title,-36} {result.Accuracy,6:F1} %"));
        }
    }

    private string Pretrain(AblationState state, AblationBase kind, string captions, int seed, CancellationToken cancellation)
    {
        string baseFolder = AblationBases.PathOf(Bases, kind);
        string projector = At($"projector-{Path.GetFileName(baseFolder)}", seed);
        TrainingOptions options = new(TrainingStage.Pretrain, baseFolder, [Path.Combine(captions, QuickstartData.CaptionFile)], projector)
        {
            Images = Path.Combine(captions, QuickstartData.ImageFolder),
            Steps = _options.PretrainSteps,
            Batch = 32,
            Accumulate = 1,
            LearningRate = 3e-3,
            Beta2 = 0.98,
            SaveEvery = SaveEvery,
            Command = _options.Command,
            Seed = (ulong)seed,
        };
        Part(state, $"projector {kind} {seed}", () => Train(options, $"stage 1, seed {seed}", cancellation));
        return projector;
    }

    private TrainingOptions Finetune(AblationVariant variant, string? projector, string problems, string model, int seed) =>
        new(TrainingStage.Finetune, AblationBases.PathOf(Bases, variant.Base), [Path.Combine(problems, MadeUpProblems.FileName(variant.ReasoningFirst))], model)
        {
            ProjectorWeights = projector,
            Images = Path.Combine(problems, MadeUpProblems.ImageFolder),
            ImageAspect = ImageAspect.Square,
            Template = BaseModels.Template,
            Steps = _options.FinetuneSteps,
            Batch = 16,
            Accumulate = 1,
            LearningRate = 1e-3,
            Beta2 = 0.98,
            SaveEvery = SaveEvery,
            Command = _options.Command,
            Seed = (ulong)seed,
        };

    private void Train(TrainingOptions options, string name, CancellationToken cancellation)
    {
        ITrainingOutput shown = _stageOutput(name);
        using IDisposable? disposed = shown as IDisposable;
        if (new TrainingRun(options, _device, new QuietOutput(shown)).Run(cancellation).Interrupted)
        {
            throw new OperationCanceledException();
        }

        new CheckpointStore(options.Out, options.Keep).Clear();
    }

    private AblationState Begin()
    {
        AblationState asked = AblationState.Of(_options, _device);
        AblationState? earlier = AblationState.TryRead(_options.Out);
        if (earlier is not null)
        {
            if (earlier.FirstDifference(asked) is not { } difference)
            {
                _output.WriteLine($"going on with the ablations in {_options.Out}: {earlier.Results.Count} results are there");
                return earlier;
            }

            throw new IOException(
                $"{_options.Out} holds ablations with another {difference} ({earlier.Request.GetValueOrDefault(difference, "none")}, now {asked.Request.GetValueOrDefault(difference, "none")}); choose another --out, or delete it.");
        }

        if (Directory.Exists(_options.Out) && Directory.EnumerateDirectories(_options.Out).Any())
        {
            throw new IOException($"{_options.Out} holds folders that no ablations wrote; choose another --out.");
        }

        asked.Write(_options.Out);
        return asked;
    }

    private void Part(AblationState state, string name, Action make)
    {
        if (!state.Finished.Contains(name))
        {
            make();
            state.Finished.Add(name);
            state.Write(_options.Out);
        }
    }

    private void ReportBase(string phase, int step, int steps, double loss)
    {
        if (step % 200 == 0 || step == steps)
        {
            _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"base models: {phase} {step}/{steps}, loss {loss:F3}"));
        }
    }

    private string At(string name) => Path.Combine(_options.Out, name);

    private string At(string name, int seed) => Path.Combine(_options.Out, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}"), name);

    /// <summary>Passes on progress and warnings, not the lines about each of many runs that are alike.</summary>
    private sealed class QuietOutput(ITrainingOutput output) : ITrainingOutput
    {
        public void Write(string line)
        {
        }

        public void Warn(string line) => output.Warn(line);

        public void Begin(long done, long steps) => output.Begin(done, steps);

        public void Report(in TrainingProgress progress) => output.Report(progress);
    }
}
