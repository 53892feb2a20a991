using System.Diagnostics;
using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Trainer.Charts;
using LlavaCuda.Trainer.Metrics;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>
/// The main job on a small scale: makes a data set, trains a LLaVA on it in the paper's two stages, asks it about pictures that it has never seen, and saves it. What was interrupted goes on
/// where it was when it is started again with the same options, to the same bits; with others it starts over.
/// </summary>
internal sealed class QuickstartRun
{
    /// <summary>A held-out picture of one thing, to try the model on.</summary>
    internal const string ExampleFile = "example.png";

    private const string DataPart = "data";
    private const string PretrainPart = "stage 1";
    private const string FinetunePart = "stage 2";
    private const string EvaluationPart = "evaluation";
    private const int SaveEvery = 50;
    private const int SheetSamples = 12;
    private readonly QuickstartOptions _options;
    private readonly Device _device;
    private readonly TextWriter _output;
    private readonly Func<string, ITrainingOutput> _stageOutput;

    /// <summary>Initializes a new instance of the <see cref="QuickstartRun"/> class.</summary>
    /// <param name="options">How large.</param>
    /// <param name="device">Where to compute; stays the caller's.</param>
    /// <param name="output">Receives what is done.</param>
    /// <param name="stageOutput">Makes what shows a stage of the given name; disposed after it where it can be.</param>
    internal QuickstartRun(QuickstartOptions options, Device device, TextWriter output, Func<string, ITrainingOutput> stageOutput)
    {
        _options = options;
        _device = device;
        _output = output;
        _stageOutput = stageOutput;
    }

    /// <summary>Gets the folder of the finished model.</summary>
    internal string ModelFolder => At("model");

    private string DataFolder => At("data");

    /// <summary>Runs.</summary>
    /// <param name="cancellation">Stops after the step under way.</param>
    /// <returns>The figures, which are in <c>summary.json</c> too.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; what was made stays, and the next run goes on with it.</exception>
    /// <exception cref="IOException">Another quickstart runs in the folder, or it cannot be written.</exception>
    internal QuickstartSummary Run(CancellationToken cancellation)
    {
        using OutputLock held = OutputLock.Take(_options.Out);
        Stopwatch clock = Stopwatch.StartNew();
        string baseFolder = _options.Base ?? At("base");
        RefuseForeign();
        if (_options.Base is null)
        {
            ShippedBase.Extract(baseFolder);
        }

        QuickstartState state = Begin(QuickstartState.Of(_options, baseFolder, _device));
        double before = state.Seconds;
        try
        {
            return Run(state, baseFolder, clock, cancellation);
        }
        finally
        {
            state.Seconds = Math.Round(before + clock.Elapsed.TotalSeconds, 1);
            state.Write(_options.Out);
        }
    }

    private QuickstartSummary Run(QuickstartState state, string baseFolder, Stopwatch clock, CancellationToken cancellation)
    {
        _output.WriteLine($"1/5 data: {_options.Pictures} pictures with captions and conversations, in {DataFolder}");
        if (!Passes(state, DataPart, DataFolder, hashContents: false))
        {
            QuickstartData.Write(DataFolder, _options.Pictures, _options.Seed, cancellation);
            state.Finish(DataPart, DataFolder, hashContents: false, _options.Out);
        }

        _output.WriteLine("2/5 stage 1: the projector learns to caption; vision tower and language model are frozen");
        LossSeries pretrain = Train(state, Pretrain(baseFolder), PretrainPart, cancellation);
        _output.WriteLine("3/5 stage 2: projector and language model learn to answer; the vision tower is frozen");
        LossSeries finetune = Train(state, Finetune(baseFolder), FinetunePart, cancellation);
        LossChart.Write(At("loss.png"), "Quickstart: the loss of both stages", [pretrain, finetune]);
        _output.WriteLine($"4/5 evaluation: {_options.Questions} held-out questions of each kind, answered freely");
        QuickstartSummary summary = Evaluate(clock, state.Seconds, cancellation);
        summary.Write(At("summary.json"));
        state.Finished[EvaluationPart] = string.Empty;
        return summary;
    }

    // What anything but a quickstart has left is not ours to overwrite. The base alone may be of one that was killed at its start.
    private void RefuseForeign()
    {
        string[] names = ["data", "projector", "model", "summary.json", "samples.png", "loss.png", ExampleFile];
        string? foreign = QuickstartState.Exists(_options.Out) ? null
            : _options.Base is null && !ShippedBase.IsIn(At("base")) ? "base"
            : Array.Find(names, name => Path.Exists(At(name)));
        if (foreign is not null)
        {
            throw new IOException($"{At(foreign)} is there, and no quickstart wrote it; choose another --out.");
        }
    }

    // Says what becomes of what the folder holds.
    private QuickstartState Begin(QuickstartState asked)
    {
        QuickstartState? earlier = QuickstartState.TryRead(_options.Out);
        string? difference = earlier?.FirstDifference(asked);
        if (earlier is not null && difference is null && !earlier.Finished.ContainsKey(EvaluationPart))
        {
            string finished = earlier.Finished.Count > 0 ? $"finished before: {string.Join(", ", earlier.Finished.Keys)}" : "no part of it is finished";
            _output.WriteLine($"going on with the quickstart that was interrupted in {_options.Out} ({finished})");
            return earlier;
        }

        if (earlier is not null)
        {
            _output.WriteLine(difference is null
                ? $"{_options.Out} holds a finished quickstart: making it again from the start"
                : $"{_options.Out} holds a quickstart with another {difference} ({Shown(earlier, difference)}, now {Shown(asked, difference)}): starting over");
        }

        // What another quickstart has left must not be taken for a part of this one.
        Array.ForEach([At("projector"), ModelFolder], static folder => new CheckpointStore(folder, keep: 1).Clear());

        Array.ForEach(["summary.json", "samples.png", "loss.png", ExampleFile], name => File.Delete(At(name)));
        asked.Write(_options.Out);
        return asked;

        static string Shown(QuickstartState state, string key) => state.Request.GetValueOrDefault(key) is { } value ? value.Length > 40 ? value[..8] : value : "unknown";
    }

    private bool Passes(QuickstartState state, string part, string folder, bool hashContents)
    {
        bool finished = state.IsFinished(part, folder, hashContents);
        if (finished)
        {
            _output.WriteLine("    finished before");
        }

        return finished;
    }

    private TrainingOptions Pretrain(string baseFolder) => new(TrainingStage.Pretrain, baseFolder, [Path.Combine(DataFolder, QuickstartData.CaptionFile)], At("projector"))
    {
        Images = Path.Combine(DataFolder, QuickstartData.ImageFolder),
        Steps = _options.PretrainSteps,
        Batch = 32,
        Accumulate = 1,
        LearningRate = 3e-3,
        Beta2 = 0.98,
        SaveEvery = SaveEvery,
        Command = _options.Command,
        Seed = (ulong)_options.Seed,
    };

    private TrainingOptions Finetune(string baseFolder) => new(TrainingStage.Finetune, baseFolder, [Path.Combine(DataFolder, QuickstartData.InstructionFile)], ModelFolder)
    {
        ProjectorWeights = At("projector"),
        Images = Path.Combine(DataFolder, QuickstartData.ImageFolder),
        ImageAspect = ImageAspect.Square,
        Template = BaseModels.Template,
        Steps = _options.FinetuneSteps,
        Batch = 32,
        Accumulate = 1,
        LearningRate = 1e-3,
        Beta2 = 0.98,
        SaveEvery = SaveEvery,
        Command = _options.Command,
        Seed = (ulong)_options.Seed,
    };

    private LossSeries Train(QuickstartState state, TrainingOptions options, string part, CancellationToken cancellation)
    {
        if (!Passes(state, part, options.Out, hashContents: true))
        {
            ITrainingOutput shown = _stageOutput(part);
            using IDisposable? disposed = shown as IDisposable;
            if (Train(options, new IndentedOutput(shown), cancellation).Interrupted)
            {
                throw new OperationCanceledException();
            }

            new CheckpointStore(options.Out, options.Keep).Clear();
            state.Finish(part, options.Out, hashContents: true, _options.Out);
        }

        string log = Path.Combine(options.Out, "metrics.jsonl");
        return new LossSeries(part, File.Exists(log) ? [.. MetricsLog.Read(log, "loss").Select(static row => new ChartPoint(row.Step, row.Value))] : []);
    }

    private TrainingResult Train(TrainingOptions options, ITrainingOutput output, CancellationToken cancellation)
    {
        CheckpointStore checkpoints = new(options.Out, options.Keep);
        try
        {
            return new TrainingRun(options, _device, output).Run(cancellation);
        }
        catch (InvalidDataException error) when (checkpoints.Steps().Count > 0)
        {
            // A checkpoint that is damaged or not of this stage costs its steps, not the quickstart.
            output.Warn($"the stage begins again, because its checkpoint cannot be used: {error.Message}");
            checkpoints.Clear();
            return new TrainingRun(options, _device, output).Run(cancellation);
        }
    }

    private QuickstartSummary Evaluate(Stopwatch clock, double secondsBefore, CancellationToken cancellation)
    {
        using LlavaModel model = LlavaModel.Load(ModelFolder, _device);
        List<HeldOutQuestion> plain = QuickstartQuestions.Plain(_options.Seed + 1, _options.Questions);
        List<HeldOutQuestion> lookup = QuickstartQuestions.Lookup(_options.Seed + 2, _options.Questions);
        List<AnsweredQuestion> answers = QuickstartEvaluation.Ask(model, plain, blank: false, cancellation);
        List<AnsweredQuestion> blanked = QuickstartEvaluation.Ask(model, plain, blank: true, cancellation);
        List<AnsweredQuestion> found = QuickstartEvaluation.Ask(model, lookup, blank: false, cancellation);
        DrawSheet(answers, found);
        ImageFile.Write(At(ExampleFile), plain.First(static q => q.Scene.Kind == SceneKind.Single).Picture);
        SortedDictionary<string, double> byKind = [];
        foreach (QuestionKind kind in Enum.GetValues<QuestionKind>())
        {
            string name = kind.ToString().ToLowerInvariant();
            byKind[name] = QuickstartEvaluation.Accuracy(answers, kind);
            if (kind != QuestionKind.Count)
            {
                byKind[$"lookup_{name}"] = QuickstartEvaluation.Accuracy(found, kind);
            }
        }

        using Process process = Process.GetCurrentProcess();
        return new QuickstartSummary
        {
            Accuracy = QuickstartEvaluation.Accuracy(answers),
            AccuracyBlank = QuickstartEvaluation.Accuracy(blanked),
            AccuracyLookup = QuickstartEvaluation.Accuracy(found),
            FloorLookup = QuickstartEvaluation.LookupFloor(lookup),
            AccuracyByKind = byKind,
            Seconds = Math.Round(secondsBefore + clock.Elapsed.TotalSeconds, 1),
            PeakRssMib = Math.Round(process.PeakWorkingSet64 / (double)(1 << 20), 1),
            Device = _device.Description,
            Seed = _options.Seed,
        };
    }

    // Wrong answers first, as far as there are any: they are what one learns from.
    private void DrawSheet(List<AnsweredQuestion> plain, List<AnsweredQuestion> lookup)
    {
        IEnumerable<AnsweredQuestion> shown = plain.OrderBy(static a => a.IsRight).Take(SheetSamples / 4).Concat(plain.Where(static a => a.IsRight).Take(SheetSamples / 4))
            .Concat(lookup.Where(static a => !a.IsRight).Take(SheetSamples / 4)).Concat(lookup.Where(static a => a.IsRight)).Concat(plain).Distinct().Take(SheetSamples);
        string title = string.Create(CultureInfo.InvariantCulture, $"Held-out images: {QuickstartEvaluation.Accuracy(plain):P0} right, look-up {QuickstartEvaluation.Accuracy(lookup):P0}");
        SampleSheet.Write(At("samples.png"), title, [.. shown.Select(static a => new AnsweredImage(a.Asked.Picture, a.Asked.Question.Text, a.Answer, a.Asked.Question.Answer, a.IsRight))]);
    }

    private string At(string name) => Path.Combine(_options.Out, name);

    /// <summary>Passes everything on, lines below those of the quickstart.</summary>
    private sealed class IndentedOutput(ITrainingOutput output) : ITrainingOutput
    {
        public void Write(string line) => output.Write($"    {line}");

        public void Warn(string line) => output.Warn(line);

        public void Begin(long done, long steps) => output.Begin(done, steps);

        public void Report(in TrainingProgress progress) => output.Report(progress);
    }
}
