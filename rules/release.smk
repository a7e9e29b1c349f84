"""The catalogue and the figures."""


rule catalogue:
    input:
        script="scripts/catalogue.py",
        library=library("catalogue"),
        schema="config/catalogue.schema.json",
        measured=every("measure/{shard}.released.h5") + every("measure/{shard}.candidates.h5"),
        crossmatch=results("crossmatch/crossmatch.h5"),
        luminosity=results("luminosity/luminosity.h5"),
        activity=results("activity/activity.h5"),
        kinematics=results("kinematics/kinematics.h5"),
    output:
        spectra_fits=results("catalogue/spectra.fits"),
        spectra_csv=results("catalogue/spectra.csv"),
        objects_fits=results("catalogue/objects.fits"),
        objects_csv=results("catalogue/objects.csv"),
        etable=results("catalogue/m_etable.txt"),
    log:
        results("logs/catalogue/catalogue.log"),
    benchmark:
        results("benchmarks/catalogue/catalogue.tsv")
    conda:
        "../envs/catalogue.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        flags=flags("catalogue"),
    message:
        "Writing the catalogue"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --schema {input.schema:q}"
        " --measure {input.measured:q}"
        " --crossmatch {input.crossmatch:q}"
        " --luminosity {input.luminosity:q}"
        " --activity {input.activity:q}"
        " --kinematics {input.kinematics:q}"
        " --spectra-fits {output.spectra_fits:q}"
        " --spectra-csv {output.spectra_csv:q}"
        " --objects-fits {output.objects_fits:q}"
        " --objects-csv {output.objects_csv:q}"
        " --etable {output.etable:q}"
        " 2> {log:q}"
